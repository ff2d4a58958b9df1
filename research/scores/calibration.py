"""Does a probability mean what it says: of all rows given 60 %, do 60 % come."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from research.dataset.examples import Classes, Floats
from research.scores.bootstrap import Score

BINS: Final = 10


class Bin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rows whose probability fell between two bounds: what was said on average, and how often it came."""

    low: float
    high: float
    rows: int
    said: float
    came: float


def reliability(said: Floats, came: Floats, bins: int = BINS) -> list[Bin]:
    """The reliability curve of one class; bins without rows are left out."""
    place = _bins(said, bins)
    curve = []
    for number in np.unique(place):
        inside = place == number
        curve.append(
            Bin(
                low=float(number) / bins,
                high=float(number + 1) / bins,
                rows=int(inside.sum()),
                said=float(said[inside].mean()),
                came=float(came[inside].mean()),
            )
        )
    return curve


def expected_error_of(probabilities: Floats, classes: Classes, bins: int = BINS) -> Score:
    """Expected calibration error of the likeliest class: the mean gap between said and came over the bins."""
    said = probabilities.max(axis=1)
    gap = (probabilities.argmax(axis=1) == classes) - said
    place = _bins(said, bins)

    def score(weights: Floats) -> float:
        return float(np.sum(np.abs(np.bincount(place, gap * weights, bins))) / weights.sum())

    return score


def _bins(said: Floats, bins: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.minimum((said * bins).astype(np.int64), bins - 1)
