"""Bars of every kind out of a recorded tape, by the rules that close bars on a live desk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from services.features import activity_kernels, bar_kernels
from services.features.activity_kernels import DOLLAR, IMBALANCE, QUOTES, TICK, TIME, VOLUME
from services.features.config import NOT_OF_ITS_MOMENT
from services.features.marks import Marks
from services.features.processor import COLUMNS, TICK_FAULTS
from services.features.state import State
from shared import kernels
from shared.block import Block
from shared.calendars import Sessions
from shared.failures import BadInput, Refused
from shared.streams import BARS, TICKS
from shared.time import BEFORE_TAPE, DAY_NS

KINDS: Final = {
    "time": TIME, "tick": TICK, "volume": VOLUME, "dollar": DOLLAR, "imbalance": IMBALANCE, "quote": QUOTES,
}  # fmt: skip
ROOM: Final = 8_192
RAW: Final = np.dtype((np.void, BARS.dtype.itemsize))
"""A bar as so many bytes, which copy ten times as fast as its fields."""


class BarRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a bar ends: after so many nanoseconds, ticks, lots, price ticks times lots, or lots of imbalance.

    `sizes` says another size for single instruments: the same sum of money is another number for each.
    """

    kind: str = "time"
    size: float = 60e9
    sizes: Mapping[int, float] = {}
    origin_ns: int = 0
    ignored_conditions: int = NOT_OF_ITS_MOMENT

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise Refused(f"no bars are called {self.kind}; there are {', '.join(KINDS)}")
        if not all(0 < size < float("inf") for size in (self.size, *self.sizes.values())):
            raise Refused(f"the size of a bar must be positive, found {self.size:g}")
        if self.kind == "time" and (self.size != int(self.size) or self.size > 366 * DAY_NS):
            raise Refused(f"a bar of time lasts from one nanosecond to a year, found {self.size:g} ns")
        if not 0 <= self.ignored_conditions < 1 << 31:
            raise Refused(f"sale conditions are 31 bits, found {self.ignored_conditions:#x}")


class BarBuilder:
    """Takes ticks in time order and gives the bars that are complete; only bars of time know sessions."""

    def __init__(self, rule: BarRule, sessions: Mapping[int, Sessions] | None = None) -> None:
        if sessions and rule.kind != "time":
            raise Refused(f"sessions cut bars of time, not {rule.kind} bars")
        self.rule = rule
        interval_ns = int(rule.size) if rule.kind == "time" else 1
        self._state = State(interval_ns, rule.origin_ns, DAY_NS, 0)
        self._state["ignored"] = rule.ignored_conditions
        self._marks = Marks(self._state, sessions or {}, rule.size, rule.sizes)
        self._closed = np.zeros(ROOM, BARS.dtype)
        self._build = kernels.entry(*activity_kernels.KERNELS[0])

    def take(self, block: Block) -> Block:
        """The bars that these ticks and their watermark complete, by close and instrument."""
        if block.stream is not TICKS:
            raise BadInput(f"bars are built from ticks, found {block.stream.name}")
        columns = kernels.columns(block.columns, COLUMNS)
        done = [np.zeros(0, RAW)]
        at = 0
        while at <= len(block):
            at = self._call(at, block.watermark_ns, columns)
            if self._state["fault"]:
                self._refuse()
            done.append(self._closed[: self._state["closed_rows"]].view(RAW).copy())
            self._state["closed_rows"] = 0
            if at < len(block):
                self._meet(columns[1][at:])
        return BARS.records(np.concatenate(done).view(BARS.dtype), watermark_ns=block.watermark_ns).sorted()

    def unfinished(self) -> int:
        """How many instruments have a bar that is not complete."""
        return int((self._state.rows["ticks"][: self._state["known"]] > 0).sum())

    def _call(self, at: int, watermark_ns: int, columns: list[npt.NDArray[Any]]) -> int:
        state, kind = self._state, KINDS[self.rule.kind]
        arrays = (state.clock, state.rows, self._marks.rows, state.sorted_slots, state.table, self._closed)
        sessions = self._marks.opens, self._marks.closes
        return self._build(at, watermark_ns, kind, *columns, *sessions, *arrays)

    def _meet(self, instruments: npt.NDArray[np.int32]) -> None:
        """Makes room for those that are new."""
        state, at = self._state, 0
        while (at := state.meet(at, instruments)) < len(instruments):
            capacity = 2 * len(state.rows)
            state.grow(capacity)
            self._closed = np.zeros(max(len(self._closed), capacity), BARS.dtype)
        self._marks.cover(state)

    def _refuse(self) -> None:
        row, reason = self._state["fault_row"], self._state["fault"]
        self._state["fault_row"] = self._state["fault"] = bar_kernels.GOOD
        raise BadInput(f"tick {row} of the block {TICK_FAULTS[reason]}")


def build(ticks: Block, rule: BarRule, sessions: Mapping[int, Sessions] | None = None) -> tuple[Block, int]:
    """All complete bars of a tape, and how many instruments end in a bar that is not."""
    builder = BarBuilder(rule, sessions)
    bars = builder.take(ticks)
    return bars, builder.unfinished()


def as_ticks(bars: Block) -> Block:
    """Bars as the rows that larger bars are built from, each known in the last nanosecond that it holds."""
    columns = {name: np.zeros(len(bars), np.int64) for name in TICKS.names}
    for name in ("instrument", "open", "high", "low", "bid", "ask"):
        columns[name] = bars[name]
    columns["event_time_ns"] = bars["event_time_ns"] - 1
    columns["kind"][:] = bar_kernels.BAR
    columns["price"], columns["size"] = bars["close"], bars["volume"]
    rows = TICKS.block(columns, watermark_ns=bars.watermark_ns).sorted()
    return rows.until(int(rows["event_time_ns"][-1]) if len(rows) else BEFORE_TAPE)


def merge(bars: Block, rule: BarRule, sessions: Mapping[int, Sessions] | None = None) -> tuple[Block, int]:
    """Larger bars out of smaller ones; what those knew of delta, trades and mean prices adds up."""
    larger, left = build(as_ticks(bars), rule, sessions)
    if not len(larger):
        return larger, left
    columns = dict(larger.columns)
    weighted = bars["vwap"] * bars["volume"]
    sums = {"signed_volume": bars["signed_volume"], "trades": bars["trades"], "vwap": weighted}
    found = {name: np.zeros(len(larger), values.dtype) for name, values in sums.items()}
    for place, inside in spans(larger, bars["instrument"], bars["event_time_ns"] - 1):
        for name, values in sums.items():
            np.add.at(found[name], place, values[inside])
        for name in ("bid", "ask"):
            columns[name][place] = bars[name][inside]
    volume = larger["volume"]
    mean = found["vwap"] / np.maximum(volume, 1)
    found["vwap"] = np.where(volume > 0, mean, larger["close"].astype(np.float64))
    return BARS.block({**columns, **found}, watermark_ns=larger.watermark_ns), left


def spans(
    bars: Block, instruments: npt.NDArray[Any], times: npt.NDArray[Any]
) -> list[tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
    """For each instrument: the places of bars, and of the rows that those hold, side by side."""
    pairs = []
    for instrument in np.unique(bars["instrument"]):
        ours = np.flatnonzero(bars["instrument"] == instrument)
        rows = np.flatnonzero(instruments == instrument)
        closes = bars["event_time_ns"][ours]
        at = np.searchsorted(closes, times[rows], side="right")
        known = at < len(ours)
        place, rows = ours[at[known]], rows[known]
        held = times[rows] >= bars["event_time_ns"][place] - bars["interval_ns"][place]
        pairs.append((place[held], rows[held]))
    return pairs
