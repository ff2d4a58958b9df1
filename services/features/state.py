"""The state of a partition: the open bar and the memory of each instrument, and an index to find it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from shared.kernels import njit
from shared.time import BEFORE_TAPE

OPEN_BAR_FIELDS: Final = (
    ("instrument", np.int64),
    ("ticks", np.int64),
    ("prints", np.int64),
    ("open", np.int64),
    ("high", np.int64),
    ("low", np.int64),
    ("close", np.int64),
    ("volume", np.int64),
    ("priced_volume", np.int64),
    ("signed_volume", np.int64),
    ("trades", np.int64),
    ("notional", np.float64),
    ("mids", np.int64),
    ("mid_open", np.int64),
    ("mid_high", np.int64),
    ("mid_low", np.int64),
    ("mid_close", np.int64),
    ("bid", np.int64),
    ("ask", np.int64),
    ("last_close_ns", np.int64),
)
STATE: Final = np.dtype((np.record, np.dtype([*OPEN_BAR_FIELDS], align=True)))
"""An instrument: the bar being built."""

CLOCK: Final = np.dtype(
    (
        np.record,
        np.dtype(
            [
                ("interval_ns", np.int64),
                ("origin_ns", np.int64),
                ("session_ns", np.int64),
                ("ignored", np.int64),
                ("watermark_ns", np.int64),
                ("last_tick_ns", np.int64),
                ("close_ns", np.int64),
                ("active", np.int64),
                ("known", np.int64),
                ("closed_rows", np.int64),
                ("fault_row", np.int64),
                ("fault", np.int64),
            ],
            align=True,
        ),
    )
)
"""The partition: its grid, how far time has come, and how many instruments are known and active."""

FREE: Final = -1
SMALLEST: Final = 64
PLACES: Final = {name: place for place, name in enumerate(CLOCK.names or ())}


class State:
    """All arrays of a partition; `index` is derived from the records and never part of a snapshot."""

    def __init__(self, interval_ns: int, origin_ns: int, session_ns: int, places: int) -> None:
        self.places = places
        self.clock = np.zeros(1, CLOCK)
        clock = self.clock[0]
        clock.interval_ns, clock.origin_ns, clock.session_ns = interval_ns, origin_ns, session_ns
        clock.watermark_ns = clock.last_tick_ns = BEFORE_TAPE
        self._numbers = self.clock.view(np.int64)
        self.rows = np.zeros(0, STATE)
        self.memory = np.zeros((0, places))
        self.grow(SMALLEST)

    def __getitem__(self, name: str) -> int:
        """A number of the clock."""
        return int(self._numbers[PLACES[name]])

    def __setitem__(self, name: str, value: int) -> None:
        self._numbers[PLACES[name]] = value

    def replace(self, clock: bytes, rows: bytes, memory: bytes) -> None:
        """Takes the arrays of a twin."""
        self.clock = np.frombuffer(clock, CLOCK).copy()
        self._numbers = self.clock.view(np.int64)
        self.rows = np.frombuffer(rows, STATE)
        self.memory = np.frombuffer(memory, np.float64).reshape(len(self.rows), self.places)
        self.grow(max(SMALLEST, 1 << len(self.rows).bit_length()))

    def meet(self, instrument: int) -> bool:
        """Gives an instrument a row unless it has one; there must be room."""
        if find(self.rows, instrument, self.table) != FREE:
            return False
        slot = self["known"]
        self.rows[slot]["instrument"], self.rows[slot]["last_close_ns"] = instrument, BEFORE_TAPE
        add_to_index(self.rows, slot, self.sorted_slots, self.table)
        self["known"] = slot + 1
        return True

    def grow(self, capacity: int) -> None:
        """Makes room for more instruments."""
        rows, memory = np.zeros(capacity, STATE), np.zeros((capacity, self.places))
        known = self["known"]
        rows[:known], memory[:known] = self.rows[:known], self.memory[:known]
        self.rows, self.memory = rows, memory
        self.sorted_slots = np.zeros(capacity, np.int64)
        self.table = np.full(4 * capacity, FREE, np.int64)
        index_all(self.rows, known, self.sorted_slots, self.table)


@njit
def index_all(
    rows: Any, known: int, sorted_slots: npt.NDArray[np.int64], table: npt.NDArray[np.int64]
) -> None:
    """Fills an empty index with the known instruments."""
    for slot in range(known):
        add_to_index(rows, slot, sorted_slots, table)


@njit
def add_to_index(
    rows: Any, slot: int, sorted_slots: npt.NDArray[np.int64], table: npt.NDArray[np.int64]
) -> None:
    """Enters an instrument into the hash table and into the order by id."""
    instrument = rows[slot].instrument
    place = home(instrument, table)
    while table[place] != FREE:
        place = (place + 1) & (table.shape[0] - 1)
    table[place] = slot
    at = slot
    while at > 0 and rows[sorted_slots[at - 1]].instrument > instrument:
        sorted_slots[at] = sorted_slots[at - 1]
        at -= 1
    sorted_slots[at] = slot


@njit
def home(instrument: int, table: npt.NDArray[np.int64]) -> int:
    """Where the search for an instrument starts; ids are small numbers and spread well as they are."""
    return (instrument ^ (instrument >> 16)) & (table.shape[0] - 1)


@njit
def find(rows: Any, instrument: int, table: npt.NDArray[np.int64]) -> int:
    """The slot of an instrument, or FREE."""
    place = home(instrument, table)
    while table[place] != FREE:
        if rows[table[place]].instrument == instrument:
            return table[place]
        place = (place + 1) & (table.shape[0] - 1)
    return FREE
