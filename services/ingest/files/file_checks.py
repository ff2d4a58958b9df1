"""The checks of one file: its plan is named, or told by what its first rows are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from services.ingest.files.ahead import ahead
from services.ingest.files.checking import AcceptAll, Checker, RawTicks
from services.ingest.files.options import ReadOptions
from services.ingest.files.reading import Reader, unreadable_note
from services.ingest.files.sources import files_under, open_reader
from services.ingest.quality.assess import PLANS, plan_named
from services.ingest.quality.checks import QualityChecker, ReadChecker
from services.ingest.quality.plan import by_instrument
from services.ingest.quality.report import QualityReport, report
from shared.block import Block
from shared.failures import Refused
from shared.market import Instruments
from shared.time import MINUTE_NS

AUTO: Final = "auto"
NONE: Final = "none"
NAMES: Final = (AUTO, *PLANS, NONE)
BAR: Final = 3
NEXT_DAY_NS: Final = 20 * 60 * MINUTE_NS
"""Bars of one symbol that are at least this far apart are bars of a day."""


class FileChecks:
    """Judges one file's rows in the order of each of its symbols, however the file is sorted."""

    def __init__(self, plan: str = AUTO, actions: Block | None = None) -> None:
        if plan not in NAMES:
            raise Refused(f"no quality plan {plan!r}; there are {', '.join(NAMES)}")
        self.plan = plan
        self._actions = actions
        self._judge: Checker | None = None
        self._quality: QualityChecker | None = None

    def check(self, chunk: RawTicks) -> npt.NDArray[np.int16]:
        """The reason each row is refused for; 0 is accepted."""
        if self._judge is None:
            self._judge = self._chosen(chunk.ticks)
        return self._judge.check(chunk)

    def report(self, source: str, instruments: Instruments) -> QualityReport | None:
        """What was found so far; nothing where nothing was looked for."""
        return None if self._quality is None else report(source, self._quality.findings(), instruments)

    def _chosen(self, first: Block) -> Checker:
        if self.plan == NONE:
            return AcceptAll()
        if self.plan == AUTO:
            self.plan = plan_of(first)
        self._quality = QualityChecker(by_instrument(plan_named(self.plan)))
        if self._actions is not None:
            self._quality.know_actions(self._actions)
        return ReadChecker(self._quality)


def plan_of(ticks: Block) -> str:
    """Which plan rows want: that of daily bars if they are all bars and a day apart."""
    if not len(ticks) or not bool((ticks["kind"] == BAR).all()):
        return "ticks"
    order = np.lexsort((ticks["event_time_ns"], ticks["instrument"]))
    times, names = ticks["event_time_ns"][order], ticks["instrument"][order]
    steps = np.diff(times)[names[1:] == names[:-1]]
    return "daily" if len(steps) and bool((steps[steps > 0] >= NEXT_DAY_NS).all()) else "ticks"


def judged(path: Path, read: ReadOptions, plan: str, source: str) -> tuple[QualityReport, tuple[str, ...]]:
    """Every row of files as `ingest` would judge it, and what is to be said beside that."""
    instruments = Instruments()
    return judged_from((open_reader(file, instruments, read) for file in files_under([path])), plan, source)


def judged_from(readers: Iterable[Reader], plan: str, source: str) -> tuple[QualityReport, tuple[str, ...]]:
    """Every row of readers that share their instruments, one after the other."""
    instruments, checks, notes = Instruments(), FileChecks(plan), list[str]()
    for reader in readers:
        instruments = reader.instruments
        for chunk in ahead(reader.chunks()):
            checks.check(chunk)
        notes += [*reader.notes, *unreadable_note(reader)]
    made = checks.report(source, instruments)
    if made is None:
        raise Refused(f"{source} holds no row that can be judged")
    return made, tuple(notes)
