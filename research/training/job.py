"""Every set of a plan, one after another or several side by side; finished ones are found again."""

from __future__ import annotations

import os
from collections.abc import Generator
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from research.dataset.manifest import code_hash, read_sources
from research.families.booster import BOOSTER
from research.families.catalogue import FAMILIES
from research.members.card import check_card
from research.members.lesson import Device
from research.training.crew import Crew, Make
from research.training.keeping import found_whole
from research.training.one_set import SetJob, slug, train_set
from research.training.plan import POOLED, TrainPlan, rule_of
from research.training.rows import Rowset, Wanted
from research.training.sets import Begun, Done, Name, names_of
from research.training.table import Table, instruments_of, make_table
from shared.failures import Refused

ROOT: Final = Path(__file__).parents[2]
SOURCES: Final = (
    "services/features",
    "research/dataset",
    "research/families",
    "research/honesty",
    "research/labels",
    "research/members",
    "research/scores",
    "research/training",
)
"""The code that decides what a model and its report are; a change of it makes finished sets unfinished."""


class Training:
    """A plan with its table: it makes any of its sets."""

    def __init__(self, plan: TrainPlan, out: Path, hands: int) -> None:
        self.plan, self.out, self.hands = plan, out, hands
        if Device(plan.device).is_card:
            check_card((*FAMILIES[plan.family].tunes, *BOOSTER.tunes))
        self.table: Table = make_table(plan)
        self.code = code_hash(read_sources(ROOT, SOURCES))

    def names(self) -> list[Name]:
        """The sets of the plan."""
        return names_of(self.plan, self.table.instruments)

    def make(self, name: Name) -> Done:
        """Trains a set, unless it is there already; what the data cannot give is one line."""
        try:
            job = self._job(name)
            before = found_whole(job.folder, f"{job.manifest().hash}:{job.settings}")
            if before is not None:
                return Done(name, before, "", found=True)
            return Done(name, train_set(job, self.hands), "", found=False)
        except Refused as refusal:
            return Done(name, None, str(refusal), found=False)

    def _job(self, name: Name) -> SetJob:
        held = tuple(one.instrument for one in self.table.instruments if name.sector in (POOLED, one.sector))
        rule = rule_of(self.plan.label, name.horizon)
        rows = Rowset(self.table, Wanted(name.sector, held, rule, name.horizon))
        folder = self.out / slug(name.sector) / name.horizon
        trials = self.plan.tried + len(self.names()) * (1 + self.plan.tune)
        return SetJob(self.plan, rows, folder, self.code, name.horizon, trials)


def train(plan: TrainPlan, out: Path, jobs: int) -> Generator[int | Begun | Done]:
    """First how many sets there are, then each as it is begun and as it is done.

    All are made in processes of their own, so that this one can be stopped at once.
    """
    names = names_of(plan, instruments_of(plan))
    yield len(names)
    size = max(1, min(jobs, len(names)))
    hands = max(1, (os.cpu_count() or 1) // size)
    yield from Crew(partial(_begin, msgspec.json.encode(plan), str(out), hands), size).make(names)


def _begin(content: bytes, out: str, hands: int) -> Make:
    return Training(msgspec.json.decode(content, type=TrainPlan), Path(out), hands).make
