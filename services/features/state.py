"""The state of a partition: the open bar and the memory of each instrument, and an index to find it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.features.row import LINE
from shared import kernels
from shared.kernels import Pair, njit
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
NEXT: Final = np.uint64(1)
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
        self.memory = lines(0, places)
        self._give_rows = kernels.entry(*KERNELS[0])
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

    def meet(self, start: int, instruments: npt.NDArray[np.int32]) -> int:
        """Gives each from `start` on a row unless it has one; where it stopped, if room ran out."""
        return self._give_rows(start, instruments, self.clock, self.rows, self.sorted_slots, self.table)

    def grow(self, capacity: int) -> None:
        """Makes room for more instruments."""
        rows, memory = np.zeros(capacity, STATE), lines(capacity, self.places)
        known = self["known"]
        rows[:known], memory[:known] = self.rows[:known], self.memory[:known]
        self.rows, self.memory = rows, memory
        self.sorted_slots = np.zeros(capacity, np.int64)
        self.table = np.full(4 * capacity, FREE, np.int64)
        index_all(self.rows, known, self.sorted_slots, self.table)


def lines(rows: int, places: int) -> npt.NDArray[np.float64]:
    """Rows of so many places that start where a cache line of the processor starts."""
    room = np.zeros(rows * places + LINE)
    start = -room.ctypes.data // room.itemsize % LINE
    return room[start : start + rows * places].reshape(rows, places)


@njit
def index_all(
    rows: Any, known: int, sorted_slots: npt.NDArray[np.int64], table: npt.NDArray[np.int64]
) -> None:
    """Fills an empty index with the known instruments."""
    for slot in range(known):
        add_to_index(rows, slot, sorted_slots, table)


@njit
def give_rows(
    start: int,
    instruments: npt.NDArray[np.int32],
    clock: Any,
    rows: Any,
    sorted_slots: npt.NDArray[np.int64],
    table: npt.NDArray[np.int64],
) -> int:
    """Rows for all that have none yet, in the order in which they come; where it stopped for want of room."""
    now = clock[0]
    for i in range(start, instruments.shape[0]):
        if find(rows, instruments[i], table) == FREE:
            if now.known == rows.shape[0]:
                return i
            give_row(instruments[i], now, rows, sorted_slots, table)
    return instruments.shape[0]


@njit
def give_row(
    instrument: int,
    now: Any,
    rows: Any,
    sorted_slots: npt.NDArray[np.int64],
    table: npt.NDArray[np.int64],
) -> int:
    """The next free row becomes an instrument's; there must be one."""
    slot = now.known
    rows[slot].instrument = instrument
    rows[slot].last_close_ns = BEFORE_TAPE
    add_to_index(rows, slot, sorted_slots, table)
    now.known += 1
    return slot


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
    last = np.uint64(table.shape[0] - 1)
    place = np.uint64(home(instrument, table))
    slot = table[place]
    while slot != FREE:
        if rows[np.uint64(slot)].instrument == instrument:
            return slot
        place = (place + NEXT) & last
        slot = table[place]
    return FREE


KERNELS: Final[tuple[Pair, ...]] = (
    (
        give_rows,
        (
            0,
            np.empty(1, np.int32),
            np.empty(1, CLOCK),
            np.empty(1, STATE),
            np.empty(1, np.int64),
            np.empty(1, np.int64),
        ),
    ),
)
"""What to compile before the first instrument."""
