"""Many sets were tried: how many would look good by luck, and which still do when that is reckoned with."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import Final, NamedTuple

import numpy as np

from research.dataset.examples import Floats
from research.scores.card import Measured

WIDTH: Final = 2.0 * NormalDist().inv_cdf(0.975)
"""Standard errors between the ends of a 95 % interval."""
SURE: Final = 0.01
"""The chance at which the gate lets a worthless set pass."""
FALSE_SHARE: Final = 0.10
"""The share of false ones among those that are called discoveries (Benjamini and Hochberg)."""


class Many(NamedTuple):
    """Sets that were tried together, and how many of them hold up."""

    tried: int
    by_luck: float
    """How many worthless ones the gate would let pass, at its one in a hundred."""
    passed: int
    """How many it did let pass, each taken by itself."""
    discoveries: int
    held: int
    """How many hold when not even one false one is wanted, 95 % sure (Holm)."""

    @property
    def sentence(self) -> str:
        """All of it in words."""
        return (
            f"Of {self.tried} sets {self.by_luck:.2g} would pass the gate by luck, at its {SURE:.0%}; "
            f"{self.passed} did. With one false discovery in ten allowed (Benjamini and Hochberg) "
            f"{self.discoveries} remain, with none allowed (Holm, 95 %) {self.held}."
        )


def chance_of(score: Measured) -> float:
    """How likely a worthless set scores as well: one-sided, by the normal law and the interval's width."""
    error = (score.high - score.low) / WIDTH
    if not error > 0.0 or not np.isfinite(error):
        return 1.0
    return 1.0 - NormalDist().cdf(score.value / error)


def many(chances: Sequence[float], passed: int) -> Many:
    """What is to be thought of so many sets."""
    found = np.sort(np.array(chances, np.float64))
    return Many(
        tried=len(found),
        by_luck=SURE * len(found),
        passed=passed,
        discoveries=_discoveries(found),
        held=_held(found),
    )


def _discoveries(ordered: Floats) -> int:
    """Benjamini and Hochberg's step up: the last that lies below its share of the line."""
    count = len(ordered)
    below = np.flatnonzero(ordered <= FALSE_SHARE * np.arange(1, count + 1) / max(1, count))
    return int(below[-1]) + 1 if len(below) else 0


def _held(ordered: Floats) -> int:
    """Holm's step down: all before the first that fails."""
    count = len(ordered)
    fails = np.flatnonzero(ordered > 0.05 / np.arange(count, 0, -1))
    return int(fails[0]) if len(fails) else count
