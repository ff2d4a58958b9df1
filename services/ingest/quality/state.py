"""What the checks remember: a record an instrument, a line an instrument and day, and sparse counts."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from shared.kernels import njit
from shared.time import BEFORE_TAPE

WINDOW: Final = 31
"""Accepted prices that the robust band is drawn from; odd, so that one of them is the median."""
TRADES: Final = 0
QUOTES: Final = 1
FREE: Final = -1
NOTES_A_ROW: Final = 12
SMALLEST: Final = 64


def _record(*fields: tuple[Any, ...]) -> np.dtype[Any]:
    return np.dtype((np.record, np.dtype(list(fields), align=True)))


def _numbers(*names: str) -> tuple[tuple[Any, ...], ...]:
    return tuple((name, np.int64) for name in names)


PAIR: Final = (2,)
ROW: Final = _record(
    *_numbers("instrument", "described", "seen", "last_ns", "line", "session_from", "session_to"),
    *_numbers("open_ns", "close_ns", "split_next", "split_end", "same", "trend"),
    *((name, np.int64, PAIR) for name in ("seq", "run", "old_n", "old_seq", "filled", "next", "priced_ns")),
    *((name, np.int64, PAIR) for name in ("pending", "level", "mask")),
    *_numbers("bid", "ask", "bid_size", "ask_size", "price", "lots"),
    *_numbers(
        "bar_ns", "bar_open", "bar_high", "bar_low", "bar_close", "bar_size", "bar_pending", "bar_level"
    ),
    *_numbers("jump_from", "jump_to", "jump_age", "jump_calm", "jump_ratio"),
)
"""An instrument; arrays of two hold trades and quotes."""

LINE: Final = _record(
    *_numbers("instrument", "day", "rows", "accepted", "refused", "noted", "missing"),
    *_numbers("first_ns", "last_ns", "lag_rows", "lag_least_ns", "lag_sum_ns"),
)
"""An instrument on a UTC day."""

COUNT: Final = _record(*_numbers("line", "code", "count", "first_ns"))
"""How often a code came up on a line, and when first."""

CLOCK: Final = _record(
    *_numbers("latest_ns", "promised_ns", "ahead_n", "ahead_ns", "known", "lines", "counts", "noted")
)
SPLIT: Final = _record(*_numbers("time_ns", "numerator", "denominator"))
"""From this time on prices are denominator / numerator of what they were."""


class State:
    """All arrays; the tables are derived from the records and never part of a snapshot."""

    def __init__(self) -> None:
        self.clock = np.zeros(1, CLOCK)
        self.clock[0].latest_ns = self.clock[0].promised_ns = BEFORE_TAPE
        self.rows, self.lines, self.counts = np.zeros(0, ROW), np.zeros(0, LINE), np.zeros(0, COUNT)
        self.rings = np.zeros((0, 2, WINDOW), np.int64)
        self.ordered = np.zeros((0, 2, WINDOW), np.int64)
        self.splits = np.zeros(0, SPLIT)
        self.opens, self.closes = np.zeros(0, np.int64), np.zeros(0, np.int64)
        self.make_room()

    def make_room(self) -> None:
        """Doubles whatever is nearly full, and finds everything again."""
        now = self.clock[0]
        self.rows = _grown(self.rows, int(now.known), 1)
        self.rings = _grown(self.rings, int(now.known), 1)
        self.ordered = _grown(self.ordered, int(now.known), 1)
        self.lines = _grown(self.lines, int(now.lines), 1)
        self.counts = _grown(self.counts, int(now.counts), NOTES_A_ROW)
        self.row_table = np.full(4 * len(self.rows), FREE, np.int64)
        self.line_table = np.full(4 * len(self.lines), FREE, np.int64)
        self.count_table = np.full(4 * len(self.counts), FREE, np.int64)
        index(self.clock, self.rows, self.row_table, self.lines, self.line_table)
        index_counts(self.clock, self.counts, self.count_table)

    def take(self, clock: npt.NDArray[Any], parts: tuple[npt.NDArray[Any], ...]) -> None:
        """Takes the arrays of a twin: records, rings, ordered windows, lines and counts."""
        self.clock = clock.copy()
        self.rows, self.rings, self.ordered, self.lines, self.counts = parts
        self.make_room()

    def used(self) -> tuple[npt.NDArray[Any], ...]:
        """What is in use of each array, as `take` wants it."""
        now = self.clock[0]
        known, lines, counts = int(now.known), int(now.lines), int(now.counts)
        return (
            self.rows[:known], self.rings[:known], self.ordered[:known], self.lines[:lines],
            self.counts[:counts],
        )  # fmt: skip


def _grown(array: npt.NDArray[Any], used: int, spare: int) -> npt.NDArray[Any]:
    if used + spare <= len(array):
        return array
    room = np.zeros((max(SMALLEST, 1 << (2 * (used + spare)).bit_length()), *array.shape[1:]), array.dtype)
    room[:used] = array[:used]
    return room


@njit
def home(a: int, b: int, table: npt.NDArray[np.int64]) -> int:
    """Where the search for a pair starts."""
    mixed = (a * 73 + (a >> 16)) ^ (b * 40_503 + (b >> 9))
    return mixed & (table.shape[0] - 1)


@njit
def index(
    clock: Any, rows: Any, row_table: npt.NDArray[np.int64], lines: Any, line_table: npt.NDArray[np.int64]
) -> None:
    """Fills empty tables with the known instruments and lines."""
    for slot in range(clock[0].known):
        place = home(rows[slot].instrument, 0, row_table)
        while row_table[place] != FREE:
            place = (place + 1) & (row_table.shape[0] - 1)
        row_table[place] = slot
    for line in range(clock[0].lines):
        place = home(lines[line].instrument, lines[line].day, line_table)
        while line_table[place] != FREE:
            place = (place + 1) & (line_table.shape[0] - 1)
        line_table[place] = line


@njit
def index_counts(clock: Any, counts: Any, table: npt.NDArray[np.int64]) -> None:
    """Fills an empty table with the counts."""
    for entry in range(clock[0].counts):
        place = home(counts[entry].line, counts[entry].code, table)
        while table[place] != FREE:
            place = (place + 1) & (table.shape[0] - 1)
        table[place] = entry


@njit
def slot_of(now: Any, rows: Any, instrument: int, table: npt.NDArray[np.int64]) -> int:
    """The slot of an instrument, a fresh one if it is new."""
    place = home(instrument, 0, table)
    while table[place] != FREE:
        if rows[table[place]].instrument == instrument:
            return table[place]
        place = (place + 1) & (table.shape[0] - 1)
    slot = now.known
    table[place] = slot
    now.known += 1
    rows[slot].instrument = instrument
    rows[slot].line = FREE
    rows[slot].last_ns = BEFORE_TAPE
    return slot


@njit
def line_of(now: Any, lines: Any, instrument: int, day: int, table: npt.NDArray[np.int64]) -> int:
    """The line of an instrument's day, a fresh one if it is new."""
    place = home(instrument, day, table)
    while table[place] != FREE:
        found = table[place]
        if lines[found].instrument == instrument and lines[found].day == day:
            return found
        place = (place + 1) & (table.shape[0] - 1)
    line = now.lines
    table[place] = line
    now.lines += 1
    lines[line].instrument = instrument
    lines[line].day = day
    return line


@njit
def count(now: Any, counts: Any, line: int, code: int, time_ns: int, table: npt.NDArray[np.int64]) -> None:
    """One more of a code on a line."""
    place = home(line, code, table)
    while table[place] != FREE:
        found = table[place]
        if counts[found].line == line and counts[found].code == code:
            counts[found].count += 1
            return
        place = (place + 1) & (table.shape[0] - 1)
    entry = now.counts
    table[place] = entry
    now.counts += 1
    counts[entry].line = line
    counts[entry].code = code
    counts[entry].count = 1
    counts[entry].first_ns = time_ns
