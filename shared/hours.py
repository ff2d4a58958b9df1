"""The sessions of a run's instruments: part of its plan, so that every process closes the same bars."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec
import numpy as np

from shared.calendars import ALWAYS, Sessions, sessions
from shared.failures import Refused
from shared.market import Instrument
from shared.time import DAY_NS, iso

AHEAD_DAYS: Final = 2 * 366
"""How far a run that goes on knows its calendars; each time it is opened it knows that much again."""


class Hours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A calendar, who keeps to it, and its opens and closes as far as they are known."""

    calendar: str
    instruments: tuple[int, ...]
    opens: tuple[int, ...]
    closes: tuple[int, ...]
    until_ns: int

    def __post_init__(self) -> None:
        if len(self.opens) != len(self.closes):
            raise ValueError(f"{self.calendar}: {len(self.opens)} opens and {len(self.closes)} closes")

    @property
    def sessions(self) -> Sessions:
        """The table that bars are cut by."""
        return Sessions(np.array(self.opens, np.int64), np.array(self.closes, np.int64))


By = Mapping[int, Sessions]
"""The sessions of each instrument that has any; one that trades around the clock has none."""
NO_HOURS: Final[By] = MappingProxyType({})


def hours_of(
    instruments: Iterable[Instrument], first_ns: int, last_ns: int, folder: Path
) -> tuple[Hours, ...]:
    """The sessions from the day before one time to the day after another, a table a calendar."""
    first, last = _day(first_ns - DAY_NS), _day(last_ns + DAY_NS)
    kept = sorted((one for one in instruments if one.calendar != ALWAYS), key=_by_calendar)
    return tuple(_hours(name, list(ours), first, last, folder) for name, ours in groupby(kept, _calendar))


def by_instrument(hours: Sequence[Hours]) -> By:
    """One table object a calendar, however many instruments keep to it."""
    return {instrument: table for one in hours for table in [one.sessions] for instrument in one.instruments}


def known_until(hours: Sequence[Hours], otherwise: int) -> int:
    """The last moment at which every calendar is known."""
    return min((one.until_ns for one in hours), default=otherwise)


def gone_on(begun: Sequence[Hours], now: Sequence[Hours]) -> tuple[Hours, ...]:
    """What a run has begun with, and the sessions that have become known since: the past never changes."""
    later = {one.calendar: one for one in now}
    return tuple(_longer(one, later[one.calendar]) if one.calendar in later else one for one in begun)


def _longer(begun: Hours, now: Hours) -> Hours:
    if now.until_ns <= begun.until_ns:
        return begun
    if now.opens and now.opens[0] > begun.until_ns:
        found, wanted = iso(now.opens[0]), iso(begun.until_ns)
        raise Refused(f"calendar {begun.calendar} is known until {wanted} and then from {found}")
    fresh = [pair for pair in zip(now.opens, now.closes, strict=True) if pair[0] >= begun.until_ns]
    return msgspec.structs.replace(
        begun,
        opens=(*begun.opens, *(open_ for open_, _ in fresh)),
        closes=(*begun.closes, *(close for _, close in fresh)),
        until_ns=now.until_ns,
    )


def _hours(name: str, ours: list[Instrument], first: dt.date, last: dt.date, folder: Path) -> Hours:
    found = sessions(name, first, last, folder)
    after = int(np.datetime64(last + dt.timedelta(days=1), "ns").astype(np.int64))
    return Hours(
        calendar=name,
        instruments=tuple(one.instrument for one in ours),
        opens=tuple(found.opens.tolist()),
        closes=tuple(found.closes.tolist()),
        until_ns=max([after, *found.closes.tolist()[-1:]]) - 1,
    )


def _day(time_ns: int) -> dt.date:
    return dt.date.fromisoformat(iso(time_ns)[:10])


def _calendar(one: Instrument) -> str:
    return one.calendar


def _by_calendar(one: Instrument) -> tuple[str, int]:
    return one.calendar, one.instrument
