"""Lengths as people write them: bars without a unit, time with one."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from shared.failures import Refused
from shared.time import DAY_NS, MINUTE_NS, SECOND_NS

UNITS: Final = {"ms": SECOND_NS // 1_000, "s": SECOND_NS, "m": MINUTE_NS, "h": 60 * MINUTE_NS, "d": DAY_NS}
SPELLING: Final = re.compile(r"(\d{1,9})(ms|s|m|h|d)?")


class Span(NamedTuple):
    """So many bars, or so much time; the other of the two is 0."""

    bars: int
    ns: int
    text: str


def read_span(text: str) -> Span:
    """`5` is five bars, `90s`, `5m`, `1d` are times."""
    found = SPELLING.fullmatch(text.strip())
    if found is None or not int(found[1]):
        raise Refused(f"a length is a whole number of bars, or of ms, s, m, h or d, found {text!r}")
    count, unit = int(found[1]), found[2]
    return Span(0, count * UNITS[unit], f"{count}{unit}") if unit else Span(count, 0, str(count))
