"""How a ratio of return to risk looks once one remembers how many were tried (Bailey and López de Prado)."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

import numpy as np

from research.dataset.examples import Floats

EULER: Final = 0.5772156649015329


def beyond_luck(returns: Floats, independent: int, trials: int) -> float:
    """The chance that the true ratio is above what the luckiest of so many worthless trials would show.

    `independent`: how many of the returns do not overlap. Skew and tails of the returns are reckoned with.
    """
    spread = float(returns.std())
    if spread == 0.0:
        return 0.0
    away = (returns - returns.mean()) / spread
    ratio, skew, tails = float(returns.mean()) / spread, float(np.mean(away**3)), float(np.mean(away**4))
    width = math.sqrt(
        max(1.0 - skew * ratio + (tails - 1.0) / 4.0 * ratio * ratio, 1e-12) / (independent - 1)
    )
    return NormalDist().cdf((ratio - width * luckiest(trials)) / width)


def luckiest(trials: int) -> float:
    """The largest of so many standard normal draws, on average."""
    if trials <= 1:
        return 0.0
    quantile = NormalDist().inv_cdf
    return (1.0 - EULER) * quantile(1.0 - 1.0 / trials) + EULER * quantile(1.0 - 1.0 / (trials * math.e))
