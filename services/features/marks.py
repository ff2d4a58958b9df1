"""How far each instrument's open bar has come, and the sessions that its bars keep to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.features.activity_kernels import MARK
from services.features.bar_kernels import FARTHEST_NS
from services.features.state import State
from shared.calendars import Sessions
from shared.hours import By
from shared.time import next_close

DERIVED: Final = ("session", "sessions_end")
"""Where a calendar lies in the table and how far it was read: it grows, and is never part of a snapshot."""
NOWHERE: Final = (0, 0, 0)
"""The place of an instrument without a calendar."""
NO_SIZES: Final[Mapping[int, float]] = {}


class Marks:
    """A mark beside every row of the state; all calendars lie behind one another in one table."""

    def __init__(
        self, state: State, sessions: By, size: float = 0.0, sizes: Mapping[int, float] = NO_SIZES
    ) -> None:
        self._tables = list({id(table): table for table in sessions.values()}.values())
        self._size, self._sizes = size, sizes
        self._places = _places(sessions, self._tables)
        none = np.zeros(0, np.int64)
        self.opens = np.concatenate([none, *(table.opens for table in self._tables)])
        self.closes = np.concatenate([none, *(table.closes for table in self._tables)])
        self.rows = np.zeros(len(state.rows), MARK)
        self._covered = 0
        self.cover(state)

    def cover(self, state: State) -> None:
        """Gives each instrument that the state has met since a mark of its own."""
        known, capacity = state["known"], len(state.rows)
        if known == self._covered and capacity == len(self.rows):
            return
        if capacity > len(self.rows):
            self.rows = np.concatenate([self.rows, np.zeros(capacity - len(self.rows), MARK)])
        rows, instruments = self.rows[self._covered : known], state.rows["instrument"][self._covered : known]
        rows["size"] = [self._sizes.get(instrument, self._size) for instrument in instruments.tolist()]
        self._place(rows, instruments)
        self._covered = known

    def snapshot(self) -> bytes:
        """The marks of the known instruments."""
        rows = self.rows[: self._covered].copy()
        for name in DERIVED:
            rows[name] = 0
        return rows.tobytes()

    def restore(self, marks: bytes, state: State) -> None:
        """Takes those of a twin, whose calendars may have been known less far."""
        rows = np.frombuffer(marks, MARK)
        self.rows = np.zeros(len(state.rows), MARK)
        self.rows[: len(rows)] = rows
        self._place(self.rows[: len(rows)], state.rows["instrument"][: len(rows)])
        self._covered = len(rows)
        self.cover(state)

    def next_close(self, time_ns: int, interval_ns: int, origin_ns: int) -> int:
        """The first close after a time at which any instrument may still have a bar."""
        of_grid = next_close(time_ns, interval_ns, origin_ns)
        return min([of_grid, *(_close_after(table, time_ns, interval_ns) for table in self._tables)])

    def _place(self, rows: npt.NDArray[Any], instruments: npt.NDArray[np.int64]) -> None:
        found = np.array([self._places.get(one, NOWHERE) for one in instruments.tolist()]).reshape(-1, 3)
        rows["session"], rows["sessions_end"], rows["by_session"] = found.T


def in_order(closed: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Closed bars by close and instrument."""
    rows = np.concatenate(closed)
    return rows[np.lexsort((rows["instrument"], rows["event_time_ns"]))]


def _close_after(table: Sessions, time_ns: int, interval_ns: int) -> int:
    """The close of the session's bar that holds a time, or of the first bar of the next session."""
    place = int(np.searchsorted(table.closes, time_ns, side="right"))
    if place == len(table.closes):
        return FARTHEST_NS
    open_ns, close_ns = int(table.opens[place]), int(table.closes[place])
    return min(next_close(max(time_ns, open_ns), interval_ns, open_ns), close_ns)


def _places(sessions: By, tables: Sequence[Sessions]) -> dict[int, tuple[int, int, int]]:
    """Where each instrument's calendar begins and ends when all of them lie behind one another, and a one."""
    begins: dict[int, int] = {}
    end = 0
    for table in tables:
        begins[id(table)] = end
        end += len(table.opens)
    return {i: (begins[id(t)], begins[id(t)] + len(t.opens), 1) for i, t in sessions.items()}
