"""One set of examples: rows of some instruments over one horizon, and the tape that can make them again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from research.dataset.examples import Classes, Examples, Floats, Rows, Times
from research.honesty.study import UNKNOWN
from research.labels.rules import Asked, asked, label
from research.training.table import Table, learn
from shared.block import Block
from shared.failures import Refused
from shared.money import MICRO


@dataclass(frozen=True)
class Wanted:
    """Which rows: of these instruments, with this label; `text` is how the horizon was written."""

    sector: str
    instruments: tuple[int, ...]
    rule: Asked
    text: str

    @property
    def returns(self) -> Asked:
        """The return that stands beside the label: to the horizon's end."""
        return asked(f"forward_return({self.text})")


class Rowset:
    """The rows of one set, as examples and as the gate's source of them."""

    def __init__(self, table: Table, wanted: Wanted) -> None:
        self.table, self.wanted = table, wanted
        mine = np.flatnonzero(np.isin(table.bars["instrument"], wanted.instruments))
        self.bars, self._values = table.bars.take(mine), table.values[mine]
        self._labels = labels_of(self.bars, wanted)
        warm = ~np.isnan(self._values).any(axis=1)
        self.kept: Rows = np.flatnonzero(warm & (self._labels.classes != UNKNOWN))

    @cached_property
    def examples(self) -> Examples:
        """The rows that are warm and whose label is known."""
        kept, found = self.kept, self._labels
        if not len(kept):
            raise Refused(f"{self.wanted.sector} has no row to learn from: {self._nothing()}")
        return Examples(
            self.table.spec.features,
            self._values[kept],
            self.bars["event_time_ns"][kept],
            self.bars["instrument"][kept],
            found.classes[kept],
            found.returns[kept],
            found.end_ns[kept],
        )

    def values(self, until_ns: int) -> Floats:
        """The features of the rows from bars that end with a cut."""
        made = np.full(self._values.shape, np.nan)
        before = self._before(until_ns)
        made[: len(before)] = learn(before, self.table.spec)
        return made[self.kept]

    def classes(self, until_ns: int) -> Classes:
        """The labels of the rows from bars that end with a cut."""
        before = self._before(until_ns)
        made = np.full(len(self.bars), UNKNOWN, np.int8)
        made[: len(before)] = labels_of(before, self.wanted).classes
        return made[self.kept]

    def eligible(self) -> tuple[Times, npt.NDArray[np.int32]]:
        """Every bar of the set's instruments that live features are warm at and that has a label."""
        warm = ~np.isnan(learn(self.bars, self.table.spec)).any(axis=1)
        known = labels_of(self.bars, self.wanted).classes != UNKNOWN
        rows = np.flatnonzero(warm & known)
        return self.bars["event_time_ns"][rows], self.bars["instrument"][rows]

    def served(self, rows: Rows) -> Floats:
        """What the live service says at the close of each row, given its instrument's tape so far."""
        served = []
        for row in self.kept[rows]:
            instrument = self.bars["instrument"][row]
            own = np.flatnonzero(self.bars["instrument"][: row + 1] == instrument)
            served.append(self.table.live(self.bars.take(own)))
        return np.array(served)

    def _nothing(self) -> str:
        """Why no row is left."""
        if not len(self.bars):
            return "no bar is of its instruments"
        spec = self.table.spec.features
        never = [name for name, column in zip(spec, self._values.T, strict=True) if np.isnan(column).all()]
        if never:
            return f"{', '.join(never[:3])} is known at no bar; give more history, or other --features"
        if np.all(self._labels.classes == UNKNOWN):
            return f"the tape ends before any label of {self.wanted.text} does; give more history"
        return "no bar has both features that are warm and a label; give more history"

    @cached_property
    def worth(self) -> Floats:
        """What was traded in each row's bar, in money."""
        units = {one.instrument: float(one.unit) / MICRO for one in self.table.instruments}
        unit = np.array([units[one] for one in self.bars["instrument"][self.kept].tolist()])
        bars = self.bars
        traded: Floats = bars["close"][self.kept] * 1.0 * bars["volume"][self.kept] * unit
        return traded

    def _before(self, until_ns: int) -> Block:
        stop = int(np.searchsorted(self.bars["event_time_ns"], until_ns, side="right"))
        return self.bars.rows(0, stop)


@dataclass(frozen=True)
class Known:
    """Classes from sell to buy, UNKNOWN where the tape does not say; the return; when both were known."""

    classes: Classes
    returns: Floats
    end_ns: Times


def labels_of(bars: Block, wanted: Wanted) -> Known:
    """The label and the return of every bar."""
    named, returned = label(bars, [wanted.rule, wanted.returns])
    known = ~np.isnan(named.values) & ~np.isnan(returned.values)
    classes = np.where(known, np.nan_to_num(named.values) + 1.0, UNKNOWN).astype(np.int8)
    end_ns = np.maximum(named.end_ns, returned.end_ns)
    return Known(classes, np.nan_to_num(returned.values), end_ns)
