"""Where a label ends and what came of it, over rows in order of instrument and time."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from shared.kernels import Pair, njit

Whole = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MISSING: Final = -1
"""No row of the future decides this label."""


@njit
def ends_after_bars(instruments: Whole, bars: int, ends: Whole) -> None:
    """The row so many bars of the same instrument later."""
    rows = instruments.shape[0]
    for i in range(rows):
        j = i + bars
        ends[i] = j if j < rows and instruments[j] == instruments[i] else MISSING


@njit
def ends_after_time(instruments: Whole, times: Whole, ahead_ns: int, ends: Whole) -> None:
    """The instrument's first row that closes no earlier than so much later."""
    rows, j = instruments.shape[0], 0
    for i in range(rows):
        j = max(j, i + 1)
        while j < rows and instruments[j] == instruments[i] and times[j] - times[i] < ahead_ns:
            j += 1
        ends[i] = j if j < rows and instruments[j] == instruments[i] else MISSING


@njit
def deviations(instruments: Whole, closes: Floats, bars: int, found: Floats) -> None:
    """Population deviation of the last one-bar log returns up to this close; NaN before there are enough."""
    first = 0
    for i in range(instruments.shape[0]):
        if instruments[i] != instruments[first]:
            first = i
        found[i] = np.nan
        if i - first < bars:
            continue
        mean = math.log(closes[i] / closes[i - bars]) / bars
        square = 0.0
        for k in range(i - bars + 1, i + 1):
            away = math.log(closes[k] / closes[k - 1]) - mean
            square += away * away
        found[i] = math.sqrt(square / bars)


@njit
def touched(price_open: float, high: float, low: float, upper: float, lower: float) -> int:
    """The barrier that a bar touches, 0 if none: its open decides, else the lower where it touches both."""
    if price_open <= lower:
        return -1
    if price_open >= upper:
        return 1
    if low <= lower:
        return -1
    return 1 if high >= upper else 0


@njit
def first_touches(
    instruments: Whole,
    sessions: Whole,
    ends: Whole,
    prices: Floats,
    barriers: Floats,
    classes: Floats,
    stops: Whole,
) -> None:
    """Which of a row's barriers is touched first, and at which row; the last bar of a session is vertical.

    `prices` are open, high and low, `barriers` upper and lower, a column each.
    """
    rows = instruments.shape[0]
    for i in range(rows):
        classes[i], stops[i] = np.nan, MISSING
        if not barriers[i, 1] < barriers[i, 0]:
            continue
        j = i + 1
        while j < rows and instruments[j] == instruments[i]:
            if sessions[j] != sessions[i]:
                if j - 1 > i:
                    classes[i], stops[i] = 0.0, j - 1
                break
            side = touched(prices[j, 0], prices[j, 1], prices[j, 2], barriers[i, 0], barriers[i, 1])
            if side != 0 or j == ends[i]:
                classes[i], stops[i] = float(side), j
                break
            j += 1


_WHOLE: Final = np.empty(1, np.int64)
_FLOATS: Final = np.empty(1)
KERNELS: Final[tuple[Pair, ...]] = (
    (ends_after_bars, (_WHOLE, 0, _WHOLE)),
    (ends_after_time, (_WHOLE, _WHOLE, 0, _WHOLE)),
    (deviations, (_WHOLE, _FLOATS, 0, _FLOATS)),
    (first_touches, (_WHOLE, _WHOLE, _WHOLE, np.empty((1, 3)), np.empty((1, 2)), _FLOATS, _WHOLE)),
)
"""What labels compile."""
