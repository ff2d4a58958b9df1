"""Bands around the price, and where in them it stands."""

from __future__ import annotations

import math
from typing import Final

from services.features.registry import Feature, bars, number
from services.features.rings import delayed
from services.features.row import BEFORE, CLOSE, HIGH, LOW, SEEN, TRUE_RANGE, Op, Row, ratio
from services.features.smoothing import FADING, ema, ema_forgets, wilder, wilder_forgets
from services.features.windows import SPREAD, highest, lowest, window_spread
from shared.kernels import part, step


@step
def bollinger(m: Row, op: Op) -> None:
    """A plain mean with so many deviations on both sides."""
    out = op.out
    mean, variance = window_spread(m, op, op.at, op.n1, CLOSE)
    half = op.x2 * math.sqrt(variance)
    distance = m[CLOSE] - mean
    m[out] = ratio(distance, half, 0.0)
    m[out + 1], m[out + 2], m[out + 3] = mean + half, mean, mean - half
    m[out + 4] = ratio(distance + half, 2.0 * half, 0.5)
    m[out + 5] = 2.0 * half / mean
    m[out + 6] = ratio(distance * op.x2, half, 0.0)


@step
def keltner(m: Row, op: Op) -> None:
    """An exponential average with so many true ranges on both sides."""
    out = op.out
    middle = ema(m, op.at, op.n1, m[CLOSE])
    average_range = m[op.at + FADING + 1]
    if m[SEEN] > 1.0:
        average_range = wilder(m, op.at + FADING, op.n3, m[TRUE_RANGE])
    half = op.x2 * average_range
    m[out] = ratio(m[CLOSE] - middle, half, 0.0)
    m[out + 1], m[out + 2], m[out + 3] = middle + half, middle, middle - half
    m[out + 4] = 2.0 * half / middle


@step
def donchian(m: Row, op: Op) -> None:
    """The highest high and the lowest low of the bars before this one."""
    out, at = op.out, op.at
    upper, lower = m[at], m[at + 1]
    m[at] = highest(m, op, at + 2, op.n1, HIGH)
    m[at + 1] = lowest(m, op, at + 4 + op.n1, op.n1, LOW)
    middle = 0.5 * (upper + lower)
    m[out] = ratio(m[CLOSE] - middle, 0.5 * (upper - lower), 0.0)
    m[out + 1], m[out + 2], m[out + 3] = upper, middle, lower
    m[out + 4] = ratio(upper - lower, middle, 0.0)


@step
def ichimoku(m: Row, op: Op) -> None:
    """Middles of three windows; the cloud is what was drawn ahead so many bars ago."""
    out, at = op.out, op.at
    tenkan = middle_of(m, op, at, op.n1)
    kijun = middle_of(m, op, at + 2 * op.n1 + 4, op.n2)
    at += 2 * (op.n1 + op.n2) + 8
    far = middle_of(m, op, at, op.n3)
    at += 2 * op.n3 + 4
    first = delayed(m, at, op.n2, 0.5 * (tenkan + kijun))
    second = delayed(m, at + op.n2 + 1, op.n2, far)
    m[out], m[out + 1], m[out + 2], m[out + 3] = tenkan, kijun, first, second
    m[out + 4] = m[CLOSE] / kijun - 1.0
    m[out + 5] = (m[CLOSE] - 0.5 * (first + second)) / m[CLOSE]


@part
def middle_of(m: Row, op: Op, at: int, length: int) -> float:
    """Half way between the highest high and the lowest low; keeps 2 bars + 4 places."""
    high = highest(m, op, at, length, HIGH)
    return 0.5 * (high + lowest(m, op, at + length + 2, length, LOW))


@step
def chandelier(m: Row, op: Op) -> None:
    """Stops that hang so many true ranges from the extremes."""
    at = op.at
    if m[SEEN] > 1.0:
        wilder(m, at, op.n1, m[TRUE_RANGE])
    distance = op.x2 * m[at + 1]
    m[op.out] = highest(m, op, at + FADING, op.n1, HIGH) - distance
    m[op.out + 1] = lowest(m, op, at + FADING + op.n1 + 2, op.n1, LOW) + distance


@step
def range_position(m: Row, op: Op) -> None:
    """Where the close stands between the extremes of the window."""
    high = highest(m, op, op.at, op.n1, HIGH)
    low = lowest(m, op, op.at + op.n1 + 2, op.n1, LOW)
    m[op.out] = ratio(m[CLOSE] - low, high - low, 0.5)


@step
def surprise(m: Row, op: Op) -> None:
    """The last change in deviations of the close."""
    _, variance = window_spread(m, op, op.at, op.n1, CLOSE)
    m[op.out] = ratio(m[CLOSE] - m[BEFORE], math.sqrt(variance), 0.0)


FEATURES: Final = (
    Feature(
        name="bollinger", update=bollinger, parameters=(bars(20), number("deviations", 2.0, 0.1, 10.0)),
        outputs=("position", "upper", "middle", "lower", "percent", "width", "zscore"),
        unit="−1 … 1 inside the band; price ticks; share",
        formula="middle = sma(n), upper and lower = middle ± k σ (population σ of n closes); "
        "position = (close − middle) / k σ; percent = (close − lower) / (upper − lower); "
        "width = (upper − lower) / middle; zscore = (close − middle) / σ",
        warm=lambda n, k: n, state=lambda n, k: SPREAD, reach=lambda n, k: n,
    ),
    Feature(
        name="keltner", update=keltner,
        parameters=(bars(20), number("ranges", 2.0, 0.1, 10.0), bars(10, "atr", 1)),
        outputs=("position", "upper", "middle", "lower", "width"),
        unit="−1 … 1 inside the band; price ticks; share",
        formula="middle = ema(n); upper and lower = middle ± k atr(m); position, width as for bollinger",
        warm=lambda n, k, a: max(n, a + 1), state=lambda n, k, a: 2 * FADING,
        forgets=lambda n, k, a: max(ema_forgets(n), wilder_forgets(a)),
    ),
    Feature(
        name="donchian", update=donchian, parameters=(bars(20),),
        outputs=("position", "upper", "middle", "lower", "width"),
        unit="−1 … 1 inside the band, beyond it a breakout; price ticks; share",
        formula="highest high and lowest low of the n bars before this one; middle and width as for "
        "bollinger",
        warm=lambda n: n + 1, state=lambda n: 2 * n + 6, reach=lambda n: n,
    ),
    Feature(
        name="ichimoku", update=ichimoku,
        parameters=(bars(9, "tenkan"), bars(26, "kijun"), bars(52, "span")),
        outputs=("tenkan", "kijun", "span_a", "span_b", "kijun_distance", "cloud_distance"),
        unit="price ticks; share of the close",
        formula="middles of high and low over three windows; span_a = (tenkan + kijun) / 2 and "
        "span_b = middle(span) of `kijun` bars ago; cloud_distance = (close − middle of the spans) / close",
        warm=lambda t, k, s: (t, k, k + max(t, k), k + s, k, k + max(t, k, s)),
        state=lambda t, k, s: 2 * (t + k + s) + 12 + 2 * (k + 1), reach=max,
    ),
    Feature(
        name="chandelier", update=chandelier, parameters=(bars(22), number("ranges", 3.0, 0.1, 20.0)),
        outputs=("long", "short"), unit="price ticks",
        formula="long = highest high − k atr(n); short = lowest low + k atr(n)",
        warm=lambda n, k: n + 1, state=lambda n, k: FADING + 2 * n + 4, reach=lambda n, k: n,
        forgets=lambda n, _: wilder_forgets(n),
    ),
    Feature(
        name="range_position", update=range_position, parameters=(bars(50),), unit="0 … 1",
        formula="(close − lowest low) / (highest high − lowest low) of n bars",
        warm=lambda n: n, state=lambda n: 2 * n + 4, reach=lambda n: n,
    ),
    Feature(
        name="surprise", update=surprise, parameters=(bars(20),), unit="deviations",
        formula="(close − close before) / σ of n closes",
        warm=lambda n: n, state=lambda n: SPREAD, reach=lambda n: n,
    ),
)  # fmt: skip
"""The family's registry."""
