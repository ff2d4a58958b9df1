"""Sums, spreads and extremes of the last bars in constant time.

Running sums are taken anew every so many bars, counted from the start, so that they cannot drift and never
depend on how the tape is cut. Each function says how many places of the row it keeps.
"""

from __future__ import annotations

import math
from typing import Final

from services.features.row import SEEN, Op, Row, ago
from shared.kernels import part

SUM: Final = 2
SPREAD: Final = 4
PAIR: Final = 6
REBUILD: Final = 256
"""Bars after which a running sum is taken anew; a longer window is taken anew once a window."""
NOISE: Final = 1e-13
"""A variance below this share of the squared distance from the pivot is rounding, not movement."""


@part
def window_sum(m: Row, op: Op, at: int, bars: int, column: int) -> float:
    """The sum of a column over the last bars; keeps `SUM` places."""
    if m[at] == 0.0:
        total = 0.0
        for back in range(bars - 1, -1, -1):
            total += m[ago(m, op, back) + column]
        m[at] = max(bars, REBUILD)
    else:
        total = m[at + 1] + m[column] - m[ago(m, op, bars) + column]
    m[at] -= 1.0
    m[at + 1] = total
    return total


@part
def window_spread(m: Row, op: Op, at: int, bars: int, column: int) -> tuple[float, float]:
    """Mean and population variance of a column over the last bars; keeps `SPREAD` places."""
    if m[at] == 0.0:
        pivot, total, squares = m[column], 0.0, 0.0
        for back in range(min(bars, int(m[SEEN])) - 1, -1, -1):
            distance = m[ago(m, op, back) + column] - pivot
            total += distance
            squares += distance * distance
        m[at], m[at + 1] = max(bars, REBUILD), pivot
    else:
        new = m[column] - m[at + 1]
        old = m[ago(m, op, bars) + column] - m[at + 1] if m[SEEN] > bars else 0.0
        total = m[at + 2] + new - old
        squares = m[at + 3] + new * new - old * old
    m[at] -= 1.0
    m[at + 2] = total
    m[at + 3] = squares
    mean = total / bars
    variance = squares / bars - mean * mean
    return m[at + 1] + mean, variance if variance > NOISE * squares / bars else 0.0


@part
def window_pair(m: Row, op: Op, at: int, bars: int, lag: int, columns: tuple[int, int]) -> None:
    """Sums of two columns, the second so many bars earlier, with squares and product; keeps `PAIR` places."""
    first, second = columns
    if m[at] == 0.0:
        for k in range(1, PAIR):
            m[at + k] = 0.0
        for back in range(bars - 1, -1, -1):
            add_pair(m, at, m[ago(m, op, back) + first], m[ago(m, op, back + lag) + second], 1.0)
        m[at] = max(bars, REBUILD)
    else:
        add_pair(m, at, m[ago(m, op, bars) + first], m[ago(m, op, bars + lag) + second], -1.0)
        add_pair(m, at, m[first], m[ago(m, op, lag) + second], 1.0)
    m[at] -= 1.0


@part
def add_pair(m: Row, at: int, x: float, y: float, sign: float) -> None:
    """Adds a pair to the sums, or takes it away."""
    m[at + 1] += sign * x
    m[at + 2] += sign * y
    m[at + 3] += sign * x * x
    m[at + 4] += sign * y * y
    m[at + 5] += sign * x * y


@part
def covariance(m: Row, at: int, bars: int) -> float:
    """Population covariance of a pair."""
    return m[at + 5] / bars - m[at + 1] / bars * (m[at + 2] / bars)


@part
def variance_of(m: Row, at: int, bars: int, which: int) -> float:
    """Population variance of the pair's first (0) or second (1) column, 0 if it is only rounding."""
    mean, squares = m[at + 1 + which] / bars, m[at + 3 + which] / bars
    variance = squares - mean * mean
    return variance if variance > NOISE * squares else 0.0


@part
def correlation(m: Row, at: int, bars: int) -> float:
    """Pearson's correlation of a pair; 0 if one does not move."""
    spread = variance_of(m, at, bars, 0) * variance_of(m, at, bars, 1)
    return covariance(m, at, bars) / math.sqrt(spread) if spread > 0.0 else 0.0


@part
def extreme(m: Row, op: Op, at: int, bars: int, column: int, sign: float) -> int:
    """Number of the bar with the highest (sign 1) or lowest (-1) of the last bars; keeps bars + 2 places.

    A queue of candidates: each bar enters once and leaves once. Of equals the older stays.
    """
    seen, value = int(m[SEEN]), sign * m[column]
    first, count = int(m[at]), int(m[at + 1])
    if count > 0 and m[at + 2 + first] <= seen - bars:
        first = first + 1 if first + 1 < bars else 0
        count -= 1
    while count > 0:
        last = first + count - 1
        last = last if last < bars else last - bars
        if sign * m[ago(m, op, seen - int(m[at + 2 + last])) + column] >= value:
            break
        count -= 1
    free = first + count
    m[at + 2 + (free if free < bars else free - bars)] = seen
    m[at] = first
    m[at + 1] = count + 1
    return int(m[at + 2 + first])


@part
def highest(m: Row, op: Op, at: int, bars: int, column: int) -> float:
    """The highest of a column over the last bars; keeps bars + 2 places."""
    return m[ago(m, op, int(m[SEEN]) - extreme(m, op, at, bars, column, 1.0)) + column]


@part
def lowest(m: Row, op: Op, at: int, bars: int, column: int) -> float:
    """The lowest of a column over the last bars; keeps bars + 2 places."""
    return m[ago(m, op, int(m[SEEN]) - extreme(m, op, at, bars, column, -1.0)) + column]
