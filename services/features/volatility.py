"""How much the price moves: realised volatility, average true range, and the place in the Bollinger band."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.features.memory import ago, mean, smooth, spread_around
from shared.kernels import njit

NAMES: Final = ("volatility_20", "atr_14", "bollinger_20")
FIELDS: Final = (("true_range_14", np.float64),)


@njit
def update(memory: Any, bar: Any) -> None:
    """Moves the average true range on, before the bar joins the rings."""
    if memory.seen == 0:
        return
    before = ago(memory.closes, memory.seen, 0)
    true_range = max(float(bar.high), before) - min(float(bar.low), before)
    memory.true_range_14 = smooth(memory.true_range_14, true_range, memory.seen - 1, 14, 1.0 / 14.0)


@njit
def measure(memory: Any, bar: Any, vector: npt.NDArray[np.float64]) -> None:
    """Writes the family's features in the order of `NAMES`."""
    seen, close = memory.seen, float(bar.close)
    vector[0] = spread_around(memory.returns, seen, 20, 0.0) if seen >= 21 else math.nan
    vector[1] = memory.true_range_14 / close if seen >= 15 else math.nan
    vector[2] = band_position(memory.closes, seen, close) if seen >= 20 else math.nan


@njit
def band_position(closes: npt.NDArray[np.float64], seen: int, close: float) -> float:
    """Distance from the 20-bar mean in half band widths of two deviations; 0 if nothing moved."""
    centre = mean(closes, seen, 20)
    deviation = spread_around(closes, seen, 20, centre)
    if deviation <= centre * 1e-12:
        return 0.0
    return (close - centre) / (2.0 * deviation)
