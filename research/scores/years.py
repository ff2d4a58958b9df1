"""The walk year by year: an edge that lives in one of them is one that the others did not have."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from research.dataset.examples import Examples, Floats
from research.scores.books import BEYOND, BPS, Earned
from research.scores.bootstrap import Bootstrap, interval, redraws
from research.scores.card import opinion, outcome
from research.scores.classes import log_loss_of
from research.scores.ranking import rank_ic_across_of
from research.scores.sleeves import BOTH, EQUAL

FEWEST: Final = 20
"""Moments below which a year is no more than a remainder, and has no interval."""


class Year(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One calendar year of the tests; books are means a sleeve, after costs."""

    year: int
    rows: int
    log_loss: float
    log_loss_base: float
    across: float
    across_low: float
    across_high: float
    spread_bps: float
    beyond_bps: float
    market_bps: float


def years(tested: Examples, said: Floats, base: Floats, made: Earned) -> tuple[Year, ...]:
    """A line a year that has tested rows."""
    of_row, of_moment = _years(tested.times_ns), _years(made.times_ns)
    came = outcome(tested)
    lines = []
    for year in np.unique(of_row):
        rows = np.flatnonzero(of_row == year)
        part = tested.take(rows)
        score = rank_ic_across_of(opinion(said[rows]), came[rows], part.times_ns)
        skill = interval(score, redraws(part.times_ns, Bootstrap()))
        few = len(np.unique(part.times_ns)) < FEWEST
        once = np.ones(len(rows))
        net = {name: BPS * float(each[of_moment == year].mean()) for name, each in made.net.items()}
        lines.append(
            Year(
                year=int(year),
                rows=len(rows),
                log_loss=log_loss_of(said[rows], part.classes)(once),
                log_loss_base=log_loss_of(base[rows], part.classes)(once),
                across=skill.value,
                across_low=-1.0 if few else skill.low,
                across_high=1.0 if few else skill.high,
                spread_bps=net[BOTH],
                beyond_bps=net[BEYOND],
                market_bps=net[EQUAL],
            )
        )
    return tuple(lines)


def _years(
    times_ns: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    calendar = times_ns.astype("datetime64[ns]").astype("datetime64[Y]").astype(np.int64)
    return calendar + 1970
