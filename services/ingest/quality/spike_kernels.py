"""The robust band: the median of the last accepted prices, and their median distance from it.

A price within a share of the median (the floor), or within so many median distances of it, is accepted. One
outside is refused, and stays refused until enough prices in a row have stood at its level: then the level is
the new one. So a real jump costs a few rows, a bad print costs nothing but itself, and what happens to a row
is known from the rows before it alone. After a pause the band is as wide as a venue may reopen.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from services.ingest.quality.state import WINDOW
from shared.kernels import njit

Ints = npt.NDArray[np.int64]

SCALE = 1.4826
"""Median distances to standard deviations, for a normal law."""
INSIDE = 0
OUTSIDE = 1
CONFIRMED = 2


@njit
def judge(row: Any, k: int, price: int, time_ns: int, ordered: Ints, bounds: Any) -> int:
    """Whether a price lies inside the band, outside it, or confirms a level outside it; changes nothing."""
    filled = row.filled[k]
    pause_ns = time_ns - row.priced_ns[k]
    if filled == 0 or pause_ns > bounds.forget_ns:
        return INSIDE
    median = ordered[filled // 2]
    away = float(abs(price - median))
    wide = filled < WINDOW // 4 or pause_ns > bounds.pause_ns
    if away <= bounds.floor * float(median) or (wide and away <= bounds.reopen * float(median)):
        return INSIDE
    if not wide and away <= bounds.width * SCALE * median_distance(ordered, filled):
        return INSIDE
    near = abs(price - row.level[k]) <= bounds.floor * float(row.level[k])
    if near and row.pending[k] + 1 >= bounds.confirm:
        return CONFIRMED
    return OUTSIDE


@njit
def wait(row: Any, k: int, price: int, bounds: Any) -> None:
    """Remembers the level of a refused price, and how many in a row have stood there."""
    near = row.pending[k] > 0 and abs(price - row.level[k]) <= bounds.floor * float(row.level[k])
    row.pending[k] = row.pending[k] + 1 if near else 1
    row.level[k] = row.level[k] if near else price


@njit
def take(row: Any, k: int, price: int, time_ns: int, ring: Ints, ordered: Ints, afresh: bool) -> None:  # noqa: FBT001
    """An accepted price joins the window; one after a pause, or that confirms a level, starts it afresh."""
    if afresh:
        row.filled[k] = 0
        row.next[k] = 0
    row.pending[k] = 0
    row.priced_ns[k] = time_ns
    filled = row.filled[k]
    at = row.next[k]
    hole = filled
    if filled == WINDOW:
        gone = ring[at]
        hole = 0
        while ordered[hole] != gone:
            hole += 1
    else:
        row.filled[k] = filled + 1
    while hole > 0 and ordered[hole - 1] > price:
        ordered[hole] = ordered[hole - 1]
        hole -= 1
    last = row.filled[k] - 1
    while hole < last and ordered[hole + 1] < price:
        ordered[hole] = ordered[hole + 1]
        hole += 1
    ordered[hole] = price
    ring[at] = price
    row.next[k] = at + 1 if at + 1 < WINDOW else 0


@njit
def median_distance(ordered: Ints, filled: int) -> float:
    """The median of the distances from the median, by walking outwards from it."""
    middle = filled // 2
    median = ordered[middle]
    low, high, distance = middle, middle + 1, 0
    for _ in range(middle + 1):
        down = median - ordered[low] if low >= 0 else -1
        up = ordered[high] - median if high < filled else -1
        if up < 0 or (0 <= down <= up):
            distance = down
            low -= 1
        else:
            distance = up
            high += 1
    return float(distance)


@njit
def rescale(row: Any, ring: Ints, ordered: Ints, k: int, numerator: int, denominator: int) -> None:
    """Carries the window over a split."""
    for i in range(row.filled[k]):
        ring[i] = ring[i] * denominator // numerator
        ordered[i] = ordered[i] * denominator // numerator
    row.pending[k] = 0
