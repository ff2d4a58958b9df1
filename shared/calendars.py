"""When venues are open: session tables, computed once and kept as small files."""

from __future__ import annotations

import datetime as dt
import zipfile
from contextlib import suppress
from os import getpid
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from shared.failures import Refused
from shared.time import DAY_NS

Array = npt.NDArray[Any]

ALWAYS: Final = "24/7"
CALENDARS: Final = "calendars"
"""The folder of the data folder, or of a lake, that keeps the tables."""


class Sessions(NamedTuple):
    """Opens and closes in nanoseconds; a session is half-open, its close belongs to it no more."""

    opens: Array
    closes: Array

    def holds(self, time_ns: int) -> bool:
        """Whether the venue is open at this time."""
        place = int(np.searchsorted(self.opens, time_ns, side="right")) - 1
        return place >= 0 and time_ns < int(self.closes[place])


def sessions(calendar: str, start: dt.date, end: dt.date, folder: Path) -> Sessions:
    """The sessions of a calendar from one day to another, both included; the folder keeps each answer."""
    if end < start:
        raise Refused(f"sessions from {start} to {end}: the end lies before the start")
    if calendar == ALWAYS:
        return around_the_clock(start, end)
    path = folder / f"{calendar.replace('/', '_')}-{start}-{end}.npz"
    kept = _kept(path)
    if kept is not None:
        return kept
    found = _computed(calendar, start, end)
    with suppress(OSError):  # a folder that nobody may write to keeps no answers
        _keep(path, found)
    return found


def around_the_clock(start: dt.date, end: dt.date) -> Sessions:
    """A session each UTC day, from midnight to midnight."""
    first = int(np.datetime64(start, "D").astype(np.int64))
    days = np.arange(first, first + (end - start).days + 1, dtype=np.int64)
    return Sessions(days * DAY_NS, (days + 1) * DAY_NS)


def _keep(path: Path, found: Sessions) -> None:
    """Whole or not at all, whoever else writes the same table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.stem}.{getpid()}.unfinished.npz")
    np.savez(unfinished, opens=found.opens, closes=found.closes)
    unfinished.replace(path)


def _kept(path: Path) -> Sessions | None:
    """The file's table, or None where there is none that can be read."""
    try:
        with np.load(path, allow_pickle=False) as table:
            return Sessions(table["opens"], table["closes"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _computed(calendar: str, start: dt.date, end: dt.date) -> Sessions:
    import exchange_calendars

    known = exchange_calendars.get_calendar_names()
    if calendar not in known:
        raise Refused(f"no calendar is called {calendar}; say 24/7 or an exchange's code such as XNYS")
    try:
        schedule = exchange_calendars.get_calendar(calendar, start=start, end=end).schedule
    except ValueError as error:
        raise Refused(f"calendar {calendar} from {start} to {end}: {error}") from error
    return Sessions(_nanoseconds(schedule["open"]), _nanoseconds(schedule["close"]))


def _nanoseconds(column: Any) -> Array:
    naive = column.dt.tz_convert("UTC").dt.tz_localize(None)
    return np.ascontiguousarray(naive.to_numpy("datetime64[ns]").astype(np.int64))
