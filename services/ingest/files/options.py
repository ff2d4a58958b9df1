"""What a reader is told about a file that the file does not say itself."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import msgspec

from shared.failures import Refused

ANY_ZONE: Final = "any"
"""As a time zone: every row by its own offset, whatever the rows before it said."""


class ReadOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names of columns, the zone of bare times, the one symbol, and the terms of unknown symbols."""

    names: Mapping[str, str] = {}
    tz: str = ""
    symbol: str = ""
    tick: Decimal = Decimal("0.01")
    lot: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        if self.tick <= 0 or self.lot <= 0:
            raise Refused(f"a tick of {self.tick} and a lot of {self.lot}: both must be above 0")
        if self.tz and self.tz != ANY_ZONE:
            _known_zone(self.tz)


def pairs_of(given: list[str]) -> dict[str, str]:
    """`ours=theirs` words as names of columns."""
    pairs = {}
    for word in given:
        ours, found, theirs = word.partition("=")
        if not found or not ours or not theirs:
            raise Refused(f"--map {word}: wanted OURS=THEIRS, such as price=last_px")
        pairs[ours.strip().lower()] = theirs.strip().lower()
    return pairs


def _known_zone(name: str) -> None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused(f"no time zone is called {name}; say UTC, America/New_York or the like") from None
