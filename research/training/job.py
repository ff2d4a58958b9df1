"""Every set of a plan, one after another or several side by side; finished ones are found again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from research.dataset.manifest import code_hash, read_sources
from research.training.keeping import read_report
from research.training.one_set import SetJob, slug, train_set
from research.training.outcome import SetReport
from research.training.plan import ALL, POOLED, TrainPlan, rule_of
from research.training.rows import Rowset, Wanted
from research.training.table import Table, make_table
from shared.failures import Refused
from shared.market import SECTORS, Instruments

ROOT: Final = Path(__file__).parents[2]
SOURCES: Final = ("services/features", "research/training", "research/families", "research/members")
"""The code that decides what a model is; a change of it makes finished sets unfinished."""


class Name(NamedTuple):
    """One set by its sector and horizon."""

    sector: str
    horizon: str


class Done(NamedTuple):
    """One finished set: its report, or the line why there is none; `found` if it had been finished before."""

    name: Name
    report: SetReport | None
    refusal: str
    found: bool


def names_of(plan: TrainPlan, instruments: Instruments) -> list[Name]:
    """The sets of a plan, sector after sector."""
    there = [sector for sector in SECTORS if any(one.sector == sector for one in instruments)]
    sectors = [name for one in plan.sectors for name in (there if one == ALL else [one])]
    if not sectors:
        raise Refused("no instrument of the data has a sector; give --sectors pooled or --sector-file")
    if missing := [one for one in sectors if one != POOLED and one not in there]:
        raise Refused(f"the data have no instrument of {missing[0]}; there are {', '.join(there) or POOLED}")
    return [Name(sector, horizon) for sector in dict.fromkeys(sectors) for horizon in plan.horizons]


class Training:
    """A plan with its table: it makes any of its sets."""

    def __init__(self, plan: TrainPlan, out: Path, hands: int) -> None:
        self.plan, self.out, self.hands = plan, out, hands
        self.table: Table = make_table(plan)
        self.code = code_hash(read_sources(ROOT, SOURCES))

    def names(self) -> list[Name]:
        """The sets of the plan."""
        return names_of(self.plan, self.table.instruments)

    def make(self, name: Name) -> Done:
        """Trains a set, unless it is there already; what the data cannot give is one line."""
        try:
            job = self._job(name)
            before = read_report(job.folder)
            if before is not None and before.key == f"{job.manifest().hash}:{self._settings(name)}":
                return Done(name, before, "", found=True)
            return Done(name, train_set(job, self.hands), "", found=False)
        except Refused as refusal:
            return Done(name, None, str(refusal), found=False)

    def _settings(self, name: Name) -> str:
        return self.plan.settings_hash(name.sector, name.horizon)

    def _job(self, name: Name) -> SetJob:
        held = tuple(one.instrument for one in self.table.instruments if name.sector in (POOLED, one.sector))
        rule = rule_of(self.plan.label, name.horizon)
        rows = Rowset(self.table, Wanted(name.sector, held, rule, name.horizon))
        folder = self.out / slug(name.sector) / name.horizon
        trials = len(self.names()) * (1 + self.plan.tune)
        return SetJob(self.plan, rows, folder, self.code, name.horizon, trials)


def train(plan: TrainPlan, out: Path, jobs: int) -> Iterator[Done | int]:
    """First how many sets there are, then each as it is finished."""
    cores = os.cpu_count() or 1
    if jobs <= 1:
        training = Training(plan, out, cores)
        names = training.names()
        yield len(names)
        yield from map(training.make, names)
        return
    names = names_of(plan, make_table(plan).instruments)
    yield len(names)
    content = msgspec.json.encode(plan)
    hands = max(1, cores // jobs)
    with ProcessPoolExecutor(
        min(jobs, len(names)), get_context("spawn"), _begin, (content, str(out), hands)
    ) as pool:
        waiting = [pool.submit(_make, name) for name in names]
        for done in as_completed(waiting):
            yield done.result()


_here: list[Training] = []
"""The training of this worker process; its table is made once."""


def _begin(content: bytes, out: str, hands: int) -> None:
    _here.append(Training(msgspec.json.decode(content, type=TrainPlan), Path(out), hands))


def _make(name: Name) -> Done:
    return _here[0].make(name)
