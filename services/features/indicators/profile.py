"""Where in the range of the last bars volume was traded."""

from __future__ import annotations

import math
from typing import Final

from services.features.registry import Feature, bars, number
from services.features.row import CLOSE, HIGH, LOW, VOLUME, Op, Row, ago, ratio
from services.features.windows import highest, lowest
from shared.kernels import part, step


@step
def volume_profile(m: Row, op: Op) -> None:
    """Volume by price level: the most traded, those around it, and how lopsided it is; costs n a bar."""
    at, n, levels = op.at, op.n1, op.n2
    high = highest(m, op, at, n, HIGH)
    low = lowest(m, op, at + n + 2, n, LOW)
    at += 2 * n + 4
    height = (high - low) / levels
    for k in range(levels):
        m[at + k] = 0.0
    for back in range(n):
        i = ago(m, op, back)
        middle = (m[i + HIGH] + m[i + LOW] + m[i + CLOSE]) / 3.0
        level = int((middle - low) / height) if height > 0.0 else 0
        m[at + min(max(level, 0), levels - 1)] += m[i + VOLUME]
    describe(m, op, at, low, height)


@part
def describe(m: Row, op: Op, at: int, low: float, height: float) -> None:
    """Reads the outputs off a filled profile."""
    levels, out = op.n2, op.out
    most, used, total, mean = 0, 0, 0.0, 0.0
    for k in range(levels):
        volume = m[at + k]
        most = k if volume > m[at + most] else most
        used += volume > 0.0
        total += volume
        mean += volume * k
    mean = ratio(mean, total, 0.5 * (levels - 1))
    second = third = 0.0
    for k in range(levels):
        distance = k - mean
        second += m[at + k] * distance * distance
        third += m[at + k] * distance * distance * distance
    spread = math.sqrt(ratio(second, total, 0.0))
    bottom, top = value_area(m, at, levels, most, op.x3 * total)
    m[out] = (m[CLOSE] - (low + (most + 0.5) * height)) / m[CLOSE]
    m[out + 1] = (m[CLOSE] - (low + (top + 1.0) * height)) / m[CLOSE]
    m[out + 2] = (m[CLOSE] - (low + bottom * height)) / m[CLOSE]
    m[out + 3] = ratio(ratio(third, total, 0.0), spread**3, 0.0)
    m[out + 4] = used


@part
def value_area(m: Row, at: int, levels: int, most: int, wanted: float) -> tuple[int, int]:
    """The levels around the most traded that hold a share of all, the heavier neighbour first."""
    bottom = top = most
    held = m[at + most]
    while held < wanted and (bottom > 0 or top < levels - 1):
        below = m[at + bottom - 1] if bottom > 0 else -1.0
        above = m[at + top + 1] if top < levels - 1 else -1.0
        if above >= below:
            top += 1
            held += above
        else:
            bottom -= 1
            held += below
    return bottom, top


FEATURES: Final = (
    Feature(
        name="profile", update=volume_profile,
        parameters=(bars(50), bars(24, "levels", 4, 200), number("area", 0.7, 0.1, 1.0)),
        outputs=("poc_distance", "high_distance", "low_distance", "skew", "levels"),
        unit="share of the close; deviations; levels",
        formula="volume of n bars in `levels` equal steps of their range, each bar at its typical price: "
        "distance of the close from the middle of the most traded level and from the ends of the value area "
        "around it, skewness of volume over levels, levels with volume; costs n a bar",
        warm=lambda n, k, a: n, state=lambda n, k, a: 2 * n + 4 + k, reach=lambda n, k, a: n,
    ),
)  # fmt: skip
"""The family's registry."""
