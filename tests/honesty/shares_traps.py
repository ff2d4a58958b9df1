"""Bars that are known to be wrong or to mean something else, and what a walk looks like without them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from research.dataset.examples import Examples
from research.scores.books import BPS, Costs, earned
from research.scores.card import opinion, outcome
from research.scores.ranking import rank_ic_across_of
from research.scores.sleeves import BOTH
from research.training.walked import Walked
from services.ingest.quality.reasons import Reason, is_refused
from services.ingest.quality.report import read
from services.ingest.tape import read_instruments
from shared.lake.parquet import read_stream
from shared.streams import TICKS
from shared.time import DAY_NS

HARMLESS: Final = {"OFF_GRID", "REPEATED_BAR"}
"""Rounding to a ten-thousandth, and days that equal the day before."""
DECIDED_WITHIN: Final = 3
"""A note on a jump stands at the bar that decides it, so many bars later at most."""


DAYS: Final = 45
"""For so long features of twenty sessions and more may still remember a bar."""


class Event(NamedTuple):
    """What the checks said of one bar."""

    symbol: str
    instrument: int
    time_ns: int
    reason: str
    refused: bool


class Without(NamedTuple):
    """Two scores as they are and without the rows that such bars touch."""

    rows: int
    across: float
    across_without: float
    spread_bps: float
    spread_bps_without: float


def events(lake: Path) -> list[Event]:
    """Everything that was refused or noted, by share and day."""
    ids = {one.symbol: one.instrument for one in read_instruments(lake)}
    found = []
    for file in sorted((lake / "commits").glob("*.quality.json")):
        for day in read(file).days:
            last_ns = int(np.datetime64(day.day, "ns").astype(np.int64)) + DAY_NS - 1
            for reason in sorted(set(day.reasons) - HARMLESS):
                refused = is_refused(Reason[reason])
                found.append(Event(day.symbol, ids[day.symbol], last_ns, reason, refused))
    return sorted(found)


def told_of(found: Sequence[Event], lake: Path) -> Iterator[tuple[str, ...]]:
    """A line an event: the largest move of closes that features and labels see around it."""
    closes = _closes(lake)
    for one in found:
        when, price = closes[one.instrument]
        place = int(np.searchsorted(when, one.time_ns))
        first = place if one.refused else max(1, place - DECIDED_WITHIN)
        places = np.arange(max(1, first), min(place + 1, len(when)))
        if not len(places):
            yield one.symbol, _day(one.time_ns), f"`{one.reason}`", "the first bar of the share"
            continue
        moves = price[places] / price[places - 1] - 1.0
        largest = int(np.argmax(np.abs(moves)))
        day = str(np.datetime64(int(when[places[largest]]), "ns").astype("datetime64[D]"))
        seen = f"refused: the next close is {moves[largest]:+.1%} from the one before"
        noted = f"kept: a close {moves[largest]:+.1%} from the one before, on {day}"
        yield one.symbol, _day(one.time_ns), f"`{one.reason}`", seen if one.refused else noted


def without(walked: Walked, found: Sequence[Event]) -> Without:
    """The scores of a walk with and without the rows that these bars touch."""
    tested = walked.tested
    touched = np.zeros(len(tested), np.bool_)
    for one in found:
        own = tested.instruments == one.instrument
        spans = (tested.times_ns < one.time_ns) & (tested.end_ns >= one.time_ns - DECIDED_WITHIN * DAY_NS)
        after = (tested.times_ns >= one.time_ns) & (tested.times_ns < one.time_ns + DAYS * DAY_NS)
        touched |= own & (spans | after)
    kept = np.flatnonzero(~touched)
    leaning = opinion(walked.said)
    whole, part = _scores(tested, leaning), _scores(tested.take(kept), leaning[kept])
    return Without(int(touched.sum()), whole[0], part[0], whole[1], part[1])


def _scores(tested: Examples, leaning: npt.NDArray[np.float64]) -> tuple[float, float]:
    across = rank_ic_across_of(leaning, outcome(tested), tested.times_ns)(np.ones(len(tested)))
    return across, BPS * float(earned(tested, leaning, Costs()).net[BOTH].mean())


def _closes(lake: Path) -> dict[int, tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]]:
    ticks = read_stream(lake, TICKS).sorted()
    times, prices, instruments = (
        ticks["event_time_ns"],
        ticks["price"].astype(np.float64),
        ticks["instrument"],
    )
    return {
        int(one): (times[instruments == one], prices[instruments == one]) for one in np.unique(instruments)
    }


def _day(time_ns: int) -> str:
    return str(np.datetime64(time_ns, "ns").astype("datetime64[D]"))
