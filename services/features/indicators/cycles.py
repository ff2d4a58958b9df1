"""The length of the market's cycle by Ehlers' Hilbert transform, and the trend that is left without it."""

from __future__ import annotations

import math
from typing import Final

from services.features.registry import WHOLE_HISTORY, Feature
from services.features.row import CLOSE, SEEN, Op, Row, ago
from shared.kernels import part, step

QUIET: Final = 37
"""Bars that only fill the smoother."""
WARM: Final = 64
LONGEST: Final = 50
FILTER: Final = 5
"""Places of one filter on the even or odd bars: three earlier inputs, the last term, the last input."""
PERIOD, SMOOTH, TURN, Q2, I2, RE, IM = range(7)
SHIFTED: Final = 7
"""Four earlier in-phase values: for odd bars the newer and the older, then for even bars."""
TRENDS: Final = 11
FILTERS: Final = 14
STATE: Final = FILTERS + 8 * FILTER


@part
def hilbert(m: Row, at: int, place: int, scale: float, value: float) -> float:
    """One filter of the transform; keeps `FILTER` places."""
    first = 0.0962 * value
    found = first - m[at + place] - m[at + 3]
    m[at + place] = first
    m[at + 3] = 0.5769 * m[at + 4]
    found += m[at + 3]
    m[at + 4] = value
    return found * scale


@part
def turn(m: Row, at: int, odd: int, smoothed: float) -> None:
    """Moves phase and period on by a bar."""
    scale, place = 0.075 * m[at + PERIOD] + 0.54, int(m[at + TURN])
    filters = at + FILTERS + 4 * FILTER * odd
    ours, others = at + SHIFTED + 2 * (1 - odd), at + SHIFTED + 2 * odd
    in_phase = m[ours + 1]
    detrended = hilbert(m, filters, place, scale, smoothed)
    quadrature = hilbert(m, filters + FILTER, place, scale, detrended)
    ahead_in = hilbert(m, filters + 2 * FILTER, place, scale, in_phase)
    ahead_quadrature = hilbert(m, filters + 3 * FILTER, place, scale, quadrature)
    if odd == 0:
        m[at + TURN] = (place + 1) % 3
    q2 = 0.2 * (quadrature + ahead_in) + 0.8 * m[at + Q2]
    i2 = 0.2 * (in_phase - ahead_quadrature) + 0.8 * m[at + I2]
    m[others + 1], m[others] = m[others], detrended
    m[at + RE] = 0.2 * (i2 * m[at + I2] + q2 * m[at + Q2]) + 0.8 * m[at + RE]
    m[at + IM] = 0.2 * (i2 * m[at + Q2] - q2 * m[at + I2]) + 0.8 * m[at + IM]
    m[at + Q2], m[at + I2] = q2, i2
    before = period = m[at + PERIOD]
    if m[at + IM] != 0.0 and m[at + RE] != 0.0:
        period = 2.0 * math.pi / math.atan(m[at + IM] / m[at + RE])
    period = max(min(period, 1.5 * before), 0.67 * before)
    period = 0.2 * min(max(period, 6.0), float(LONGEST)) + 0.8 * before
    m[at + PERIOD] = period
    m[at + SMOOTH] = 0.33 * period + 0.67 * m[at + SMOOTH]


@step
def hilbert_trend(m: Row, op: Op) -> None:
    """The price averaged over one cycle, smoothed, and how long that cycle is; costs a cycle a bar."""
    at, number = op.at, int(m[SEEN]) - 1
    if number < QUIET:
        return
    smoothed = 0.4 * m[CLOSE]
    for back in range(1, 4):
        smoothed += 0.1 * (4 - back) * m[ago(m, op, back) + CLOSE]
    turn(m, at, number % 2, smoothed)
    length, total = int(m[at + SMOOTH] + 0.5), 0.0
    for back in range(length):
        total += m[ago(m, op, back) + CLOSE]
    mean = total / length if length > 0 else 0.0
    trends = at + TRENDS
    trend = (4.0 * mean + 3.0 * m[trends] + 2.0 * m[trends + 1] + m[trends + 2]) / 10.0
    m[trends + 2], m[trends + 1], m[trends] = m[trends + 1], m[trends], mean
    m[op.out], m[op.out + 1] = m[CLOSE] / trend - 1.0, trend
    m[op.out + 2] = m[at + SMOOTH]


FEATURES: Final = (
    Feature(
        name="hilbert",
        update=hilbert_trend,
        outputs=("distance", "trend", "period"),
        unit="share; price ticks; bars",
        formula="Ehlers' instantaneous trend line: closes averaged over the dominant cycle, the last four "
        "such means weighted 4, 3, 2, 1; distance = close / trend − 1; period = the smoothed cycle; costs a "
        "cycle a bar",
        warm=lambda: WARM,
        state=lambda: STATE,
        reach=lambda: LONGEST,
        forgets=WHOLE_HISTORY,
    ),
)
"""The family's registry."""
