"""The checks of a source: every row is accepted or refused with a reason, and all of it is counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from services.ingest.quality.kernels import KERNELS
from services.ingest.quality.plan import QualityPlan
from services.ingest.quality.reasons import Reason
from services.ingest.quality.state import CLOCK, COUNT, LINE, ROW, SPLIT, WINDOW, State, slot_of
from shared import kernels
from shared.actions import Action
from shared.block import Block
from shared.calendars import Sessions
from shared.failures import BadInput, Refused
from shared.market import Instruments
from shared.streams import QUARANTINE, TICKS

Array = npt.NDArray[Any]

_DTYPES: Final = tuple((column.name, column.numpy) for column in TICKS.columns)
_OFF: Final = 1e-4
"""A price further than this share of a tick from the grid is off it; closer is a float's rounding."""


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    plan: int
    clock: bytes
    parts: tuple[bytes, bytes, bytes, bytes, bytes]


class QualityChecker:
    """Judges ticks in the order in which they came; what it finds does not depend on how they are cut."""

    def __init__(self, plan: QualityPlan, instruments: Instruments | None = None) -> None:
        self.plan = plan
        self._bounds = plan.record()
        self._state = State()
        self._judge = kernels.entry(*KERNELS[0])
        for row in instruments or ():
            self._row(row.instrument).described = 1

    def check(self, ticks: Block, marks: Array | None = None) -> npt.NDArray[np.int16]:
        """The reason each row is refused for; 0 is accepted. Marks say what a reader rounded."""
        if ticks.stream is not TICKS:
            raise BadInput(f"the checks read ticks, found {ticks.stream.name}")
        columns = [kernels.column(ticks[name], dtype) for name, dtype in _DTYPES]
        reasons = np.zeros(len(ticks), np.int16)
        marked = reasons.copy() if marks is None else np.ascontiguousarray(marks, np.int16)
        at, state = 0, self._state
        while at < len(ticks):
            at = self._judge(
                at, *columns, self._bounds, state.clock, state.rows, state.rings, state.ordered, state.lines,
                state.counts, state.row_table, state.line_table, state.count_table, state.splits,
                state.opens, state.closes, marked, reasons,
            )  # fmt: skip
            if at < len(ticks):
                state.make_room()
        return reasons

    def sift(self, ticks: Block) -> tuple[Block, Block]:
        """The accepted rows, and the refused ones as rows of quarantine."""
        reasons = self.check(ticks)
        if not reasons.any():
            return ticks, QUARANTINE.empty(watermark_ns=ticks.watermark_ns, partition=ticks.partition)
        return ticks.take(np.flatnonzero(reasons == 0)), quarantined(ticks, reasons)

    def know_sessions(self, calendars: Mapping[int, Sessions]) -> None:
        """When each instrument's venue is open; a row at another time is refused."""
        places: dict[int, tuple[int, int]] = {}
        opens, closes, at = list[Array](), list[Array](), 0
        for instrument, hours in sorted(calendars.items()):
            if id(hours) not in places:
                places[id(hours)] = at, at + len(hours.opens)
                opens.append(hours.opens)
                closes.append(hours.closes)
                at += len(hours.opens)
            row = self._row(instrument)
            row.session_from, row.session_to = places[id(hours)]
        if opens:
            self._state.opens = np.ascontiguousarray(np.concatenate(opens), np.int64)
            self._state.closes = np.ascontiguousarray(np.concatenate(closes), np.int64)

    def know_actions(self, actions: Block) -> None:
        """Splits that are known, so that their jumps are expected: rows of `corporate_actions`."""
        splits = actions.take(np.flatnonzero(actions["action"] == Action.SPLIT))
        order = np.lexsort((splits["event_time_ns"], splits["instrument"]))
        splits = splits.take(order)
        known = np.zeros(len(splits), SPLIT)
        known["time_ns"] = splits["event_time_ns"]
        known["numerator"], known["denominator"] = splits["numerator"], splits["denominator"]
        self._state.splits = known
        names = splits["instrument"]
        for instrument in np.unique(names).tolist():
            row = self._row(instrument)
            first, end = np.searchsorted(names, [instrument, instrument + 1]).tolist()
            passed = int(np.searchsorted(known["time_ns"][first:end], row.last_ns, side="right"))
            row.split_next, row.split_end = first + passed if row.seen else first, end

    def promise(self, time_ns: int) -> None:
        """Rows up to this time have been published as complete: one that comes now is too late."""
        promised = self._state.clock["promised_ns"]
        promised[0] = max(int(promised[0]), time_ns)

    def findings(self) -> Findings:
        """What was counted so far, as tables."""
        _, _, _, lines, counts = self._state.used()
        return Findings(lines.copy(), counts.copy())

    def snapshot(self) -> bytes:
        """All that is remembered; sessions and actions are told again."""
        parts = tuple(np.ascontiguousarray(part).tobytes() for part in self._state.used())
        return msgspec.msgpack.encode((self.plan.hash, self._state.clock.tobytes(), parts))

    def restore(self, state: bytes) -> None:
        """Takes a snapshot of a twin; one made under another plan is refused."""
        kept = msgspec.msgpack.decode(state, type=_Kept)
        if kept.plan != self.plan.hash:
            raise Refused(f"a snapshot of quality plan {kept.plan}, wanted {self.plan.hash}")
        rows, rings, ordered, lines, counts = kept.parts
        window = (-1, 2, WINDOW)
        self._state.take(
            np.frombuffer(kept.clock, CLOCK),
            (
                np.frombuffer(rows, ROW),
                np.frombuffer(rings, np.int64).reshape(window),
                np.frombuffer(ordered, np.int64).reshape(window),
                np.frombuffer(lines, LINE),
                np.frombuffer(counts, COUNT),
            ),
        )

    def _row(self, instrument: int) -> Any:
        state = self._state
        state.make_room()
        return state.rows[slot_of(state.clock[0], state.rows, instrument, state.row_table)]


class ReadRows(Protocol):
    """Rows as a reader gives them, with marks of what whole numbers cannot say."""

    @property
    def ticks(self) -> Block:
        """The rows in the order of their source."""
        ...

    @property
    def flags(self) -> Array:
        """A mark a row, of bits 1, 2 and 4."""
        ...


class ReadChecker:
    """The checks behind a reader."""

    def __init__(self, checker: QualityChecker) -> None:
        self.checker = checker

    def check(self, chunk: ReadRows) -> npt.NDArray[np.int16]:
        """The reason each row is refused for; 0 is accepted."""
        return self.checker.check(chunk.ticks, chunk.flags)


class Findings(NamedTuple):
    """Lines by instrument and day, and how often each code came up on a line."""

    lines: Array
    counts: Array

    def count(self, reason: Reason) -> int:
        """How often a reason or note came up in all."""
        return int(self.counts["count"][self.counts["code"] == reason].sum())

    def total(self, name: str) -> int:
        """The sum of a column of the lines."""
        return int(self.lines[name].sum())


def quarantined(ticks: Block, reasons: npt.NDArray[np.int16]) -> Block:
    """The refused rows as rows of quarantine, in their order."""
    refused = ticks.take(np.flatnonzero(reasons))
    middle = (refused["bid"] + refused["ask"]) // 2
    return QUARANTINE.block(
        {
            "event_time_ns": refused["event_time_ns"],
            "instrument": refused["instrument"],
            "reason": reasons[reasons != 0],
            "price": np.where(refused["kind"] == 2, middle, refused["price"]),
            "size": refused["size"],
            "venue_seq": refused["venue_seq"],
        },
        watermark_ns=ticks.watermark_ns,
        partition=ticks.partition,
    )


def float_faults(values: Iterable[npt.NDArray[np.float64]]) -> npt.NDArray[np.int16]:
    """Why a row of floats can be no tick, before it is rounded to whole ticks and lots; 0 if it can."""
    columns = list(values)
    reasons = np.zeros(len(columns[0]), np.int16)
    for column in columns:
        reasons[np.isinf(column) & (reasons == 0)] = Reason.INFINITE
        reasons[np.isnan(column) & (reasons == 0)] = Reason.NOT_A_NUMBER
    return reasons


def off_grid(prices: npt.NDArray[np.float64], tick: float) -> npt.NDArray[np.bool_]:
    """Whether each price lies between two price ticks, beyond what a float's own rounding explains."""
    steps = prices / tick
    off: npt.NDArray[np.bool_] = np.abs(steps - np.rint(steps)) > np.maximum(_OFF, np.abs(steps) * 1e-12)
    return off
