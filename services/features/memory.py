"""What an instrument remembers of its last bars: rings, and the sums and averages over them.

Sums are taken anew over the window, oldest bar first: no drift, and the same bits however long the history.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from shared.kernels import njit

RING: Final = 32
"""Bars remembered, a power of two; no window may be longer."""


@njit
def remember(memory: Any, bar: Any) -> None:
    """Puts the bar's close, log return and volume into the rings and counts it."""
    place = memory.seen & (RING - 1)
    close = float(bar.close)
    if memory.seen > 0:
        memory.returns[place] = math.log(close / memory.closes[(memory.seen - 1) & (RING - 1)])
    memory.closes[place] = close
    memory.volumes[place] = float(bar.volume)
    memory.seen += 1


@njit
def ago(ring: npt.NDArray[np.float64], seen: int, bars: int) -> float:
    """The value of some bars ago; 0 is the newest."""
    return ring[(seen - 1 - bars) & (RING - 1)]


@njit
def mean(ring: npt.NDArray[np.float64], seen: int, bars: int) -> float:
    """The mean of the last bars."""
    total = 0.0
    for back in range(bars - 1, -1, -1):
        total += ago(ring, seen, back)
    return total / bars


@njit
def spread_around(ring: npt.NDArray[np.float64], seen: int, bars: int, centre: float) -> float:
    """The root mean square distance of the last bars from a centre."""
    total = 0.0
    for back in range(bars - 1, -1, -1):
        distance = ago(ring, seen, back) - centre
        total += distance * distance
    return math.sqrt(total / bars)


@njit
def smooth(average: float, value: float, before: int, bars: int, weight: float) -> float:
    """An exponential average that starts as the plain mean of its first bars."""
    if before < bars:
        return average + value / bars
    return average + weight * (value - average)
