"""Which stretches of a vendor's past a lake lacks, and in what portions they are asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

from shared.lake.folders import COMMITS
from shared.time import DAY_NS, MINUTE_NS, iso

STEPS: Final[Mapping[str, int]] = {"minute": MINUTE_NS, "hour": 60 * MINUTE_NS, "day": DAY_NS}
"""The bars that can be downloaded, by name."""
PORTIONS: Final[Mapping[str, int]] = {"minute": 7 * DAY_NS, "hour": 60 * DAY_NS, "day": 1_826 * DAY_NS}
"""What is asked for at once, and is in the lake whole or not at all."""
_NAME: Final = re.compile(r"past-(.+)-(minute|hour|day)-(\d{4}-\d\d-\d\d)-(\d{4}-\d\d-\d\d)\.json")


class Span(NamedTuple):
    """Whole UTC days: the first belongs to it, the last no more."""

    since_ns: int
    until_ns: int


def covered(lake: Path, symbol: str, interval: str) -> list[Span]:
    """The stretches of a symbol's bars that a lake holds, whoever told them."""
    names = (_NAME.fullmatch(file.name) for file in (lake / COMMITS).glob("past-*.json"))
    return [
        Span(_day_ns(name[3]), _day_ns(name[4]))
        for name in names
        if name is not None and (unquote(name[1]), name[2]) == (symbol, interval)
    ]


def missing(wanted: Span, known: Iterable[Span]) -> list[Span]:
    """What of a stretch is in none of the others."""
    found, since_ns = [], wanted.since_ns
    for span in sorted(known):
        if span.until_ns <= since_ns or span.since_ns >= wanted.until_ns:
            continue
        if span.since_ns > since_ns:
            found.append(Span(since_ns, span.since_ns))
        since_ns = span.until_ns
    return [*found, Span(since_ns, wanted.until_ns)] if since_ns < wanted.until_ns else found


def portions(spans: Sequence[Span], interval: str) -> list[Span]:
    """The same stretches, none longer than one answer should be."""
    length = PORTIONS[interval]
    return [
        Span(start, min(start + length, span.until_ns))
        for span in spans
        for start in range(span.since_ns, span.until_ns, length)
    ]


def name_of(symbol: str, interval: str, span: Span) -> str:
    """The portion as the lake remembers it."""
    return f"past-{quote(symbol, safe='')}-{interval}-{iso(span.since_ns)[:10]}-{iso(span.until_ns)[:10]}"


def _day_ns(text: str) -> int:
    import numpy as np

    return int(np.datetime64(text, "ns").astype(np.int64))
