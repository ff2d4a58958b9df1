"""Where the price has gone: returns, distances from averages, and the strength of rises against falls."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.features.memory import ago, mean, smooth
from shared.kernels import njit

NAMES: Final = (
    "return_1",
    "return_5",
    "return_20",
    "sma_distance_20",
    "ema_distance_12",
    "ema_distance_26",
    "macd_12_26",
    "rsi_14",
)
FIELDS: Final = (
    ("ema_12", np.float64),
    ("ema_26", np.float64),
    ("rise_14", np.float64),
    ("fall_14", np.float64),
)


@njit
def update(memory: Any, bar: Any) -> None:
    """Moves the averages on, before the bar joins the rings."""
    close = float(bar.close)
    memory.ema_12 = smooth(memory.ema_12, close, memory.seen, 12, 2.0 / 13.0)
    memory.ema_26 = smooth(memory.ema_26, close, memory.seen, 26, 2.0 / 27.0)
    if memory.seen > 0:
        change = close - ago(memory.closes, memory.seen, 0)
        memory.rise_14 = smooth(memory.rise_14, max(change, 0.0), memory.seen - 1, 14, 1.0 / 14.0)
        memory.fall_14 = smooth(memory.fall_14, max(-change, 0.0), memory.seen - 1, 14, 1.0 / 14.0)


@njit
def measure(memory: Any, bar: Any, vector: npt.NDArray[np.float64]) -> None:
    """Writes the family's features in the order of `NAMES`."""
    seen, close = memory.seen, float(bar.close)
    vector[0] = log_return(memory.closes, seen, 1)
    vector[1] = log_return(memory.closes, seen, 5)
    vector[2] = log_return(memory.closes, seen, 20)
    vector[3] = close / mean(memory.closes, seen, 20) - 1.0 if seen >= 20 else math.nan
    vector[4] = close / memory.ema_12 - 1.0 if seen >= 12 else math.nan
    vector[5] = close / memory.ema_26 - 1.0 if seen >= 26 else math.nan
    vector[6] = (memory.ema_12 - memory.ema_26) / close if seen >= 26 else math.nan
    vector[7] = relative_strength(memory.rise_14, memory.fall_14) if seen >= 15 else math.nan


@njit
def log_return(closes: npt.NDArray[np.float64], seen: int, bars: int) -> float:
    """The logarithm of the close over the close of some bars ago."""
    if seen <= bars:
        return math.nan
    return math.log(ago(closes, seen, 0) / ago(closes, seen, bars))


@njit
def relative_strength(rise: float, fall: float) -> float:
    """Wilder's index from 0 (only falls) to 100 (only rises); 50 if nothing moved."""
    if rise + fall == 0.0:
        return 50.0
    return 100.0 * rise / (rise + fall)
