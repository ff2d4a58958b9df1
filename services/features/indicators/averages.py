"""Averages of the close, and how far from them it stands."""

from __future__ import annotations

import math
from typing import Final

from services.features.registry import Feature, bars, number
from services.features.rings import ring_sum, ring_weighted
from services.features.row import BEFORE, CLOSE, SEEN, VOLUME, Op, Row, ago, ratio
from services.features.smoothing import (
    FADING,
    FORGOTTEN,
    ema,
    ema_chain,
    ema_forgets,
    forgets,
    wilder,
    wilder_forgets,
)
from services.features.windows import SUM, window_sum
from shared.kernels import step


@step
def simple(m: Row, op: Op) -> None:
    """The plain mean."""
    m[op.out] = window_sum(m, op, op.at, op.n1, CLOSE) / op.n1


@step
def simple_distance(m: Row, op: Op) -> None:
    """The close over its plain mean."""
    m[op.out] = m[CLOSE] / (window_sum(m, op, op.at, op.n1, CLOSE) / op.n1) - 1.0


@step
def simple_crossing(m: Row, op: Op) -> None:
    """A short mean over a long one."""
    fast = window_sum(m, op, op.at, op.n1, CLOSE) / op.n1
    m[op.out] = fast / (window_sum(m, op, op.at + SUM, op.n2, CLOSE) / op.n2) - 1.0


@step
def exponential(m: Row, op: Op) -> None:
    """The exponential average."""
    m[op.out] = ema(m, op.at, op.n1, m[CLOSE])


@step
def exponential_distance(m: Row, op: Op) -> None:
    """The close over its exponential average."""
    m[op.out] = m[CLOSE] / ema(m, op.at, op.n1, m[CLOSE]) - 1.0


@step
def smoothed(m: Row, op: Op) -> None:
    """Wilder's average."""
    m[op.out] = wilder(m, op.at, op.n1, m[CLOSE])


@step
def weighted(m: Row, op: Op) -> None:
    """The mean with the newest as heavy as the window is long."""
    m[op.out] = ring_weighted(m, op.at, op.n1, m[CLOSE])


@step
def hull(m: Row, op: Op) -> None:
    """Hull's average: a weighted mean of twice the half window's less the whole window's."""
    half, root = op.n1 // 2, int(math.sqrt(op.n1))
    fast = ring_weighted(m, op.at, half, m[CLOSE])
    slow = ring_weighted(m, op.at + half + 3, op.n1, m[CLOSE])
    m[op.out] = ring_weighted(m, op.at + half + op.n1 + 6, root, 2.0 * fast - slow)


@step
def double_exponential(m: Row, op: Op) -> None:
    """Twice the average less the average's average."""
    once = ema(m, op.at, op.n1, m[CLOSE])
    if m[op.at] == op.n1:
        m[op.out] = 2.0 * once - ema(m, op.at + FADING, op.n1, once)


@step
def triple_exponential(m: Row, op: Op) -> None:
    """Three averages, each of the one before."""
    once = ema(m, op.at, op.n1, m[CLOSE])
    if m[op.at] < op.n1:
        return
    twice = ema(m, op.at + FADING, op.n1, once)
    if m[op.at + FADING] == op.n1:
        m[op.out] = 3.0 * (once - twice) + ema(m, op.at + 2 * FADING, op.n1, twice)


@step
def tillson(m: Row, op: Op) -> None:
    """Tillson's T3: six averages in a row, the last four mixed by the volume factor."""
    v, at = op.x2, op.at
    ema_chain(m, at, op.n1, m[CLOSE], 6)
    e3, e4 = m[at + 2 * FADING + 1], m[at + 3 * FADING + 1]
    e5, e6 = m[at + 4 * FADING + 1], m[at + 5 * FADING + 1]
    cubed, squared = v * v * v, v * v
    c2, c3 = 3.0 * squared + 3.0 * cubed, -6.0 * squared - 3.0 * v - 3.0 * cubed
    c4 = 1.0 + 3.0 * v + cubed + 3.0 * squared
    m[op.out] = -cubed * e6 + c2 * e5 + c3 * e4 + c4 * e3


@step
def triangular(m: Row, op: Op) -> None:
    """The plain mean of plain means: its middle weighs most."""
    long, short = op.n1 // 2 + 1, (op.n1 + 1) // 2
    first = ring_sum(m, op.at, short, m[CLOSE]) / short
    m[op.out] = ring_sum(m, op.at + short + 2, long, first) / long


@step
def adaptive(m: Row, op: Op) -> None:
    """Kaufman's average: as fast as the price has been straight."""
    at = op.at
    path = ring_sum(m, at + 1, op.n1, abs(m[CLOSE] - m[BEFORE]))
    if m[SEEN] <= op.n1:
        m[at] = m[CLOSE]
        return
    way = abs(m[CLOSE] - m[ago(m, op, op.n1) + CLOSE])
    straight = min(way / path, 1.0) if path > 0.0 else 1.0
    fast, slow = 2.0 / (op.n2 + 1.0), 2.0 / (op.n3 + 1.0)
    weight = straight * (fast - slow) + slow
    m[at] += weight * weight * (m[CLOSE] - m[at])
    m[op.out] = m[at]


@step
def legoux(m: Row, op: Op) -> None:
    """Arnaud Legoux's average: weights of a bell, its middle towards the newest; costs n a bar."""
    at = op.at
    if m[at] == 0.0:
        place, width = op.x2 * (op.n1 - 1), op.n1 / op.x3
        for k in range(op.n1):
            m[at + 1 + k] = math.exp(-((k - place) * (k - place)) / (2.0 * width * width))
            m[at] += m[at + 1 + k]
    total = 0.0
    for k in range(op.n1):
        total += m[at + 1 + k] * m[ago(m, op, op.n1 - 1 - k) + CLOSE]
    m[op.out] = total / m[at]


@step
def volume_weighted(m: Row, op: Op) -> None:
    """The close weighted by volume."""
    money = ring_sum(m, op.at, op.n1, m[CLOSE] * m[VOLUME])
    m[op.out] = ratio(money, window_sum(m, op, op.at + op.n1 + 2, op.n1, VOLUME), m[CLOSE])


@step
def convergence(m: Row, op: Op) -> None:
    """A fast average less a slow one, its own average, and what is between them."""
    at = op.at
    fast, slow = ema(m, at, op.n1, m[CLOSE]), ema(m, at + FADING, op.n2, m[CLOSE])
    line = fast - slow
    m[op.out] = line
    m[op.out + 3] = line / m[CLOSE]
    m[op.out + 4] = 100.0 * line / slow
    if m[SEEN] >= max(op.n1, op.n2):
        signal = ema(m, at + 2 * FADING, op.n3, line)
        m[op.out + 1] = signal
        m[op.out + 2] = line - signal


@step
def triple_change(m: Row, op: Op) -> None:
    """The change of a thrice smoothed close."""
    at, last = op.at, op.at + 2 * FADING
    before = m[last + 1]
    now = ema_chain(m, at, op.n1, m[CLOSE], 3)
    m[op.out] = 100.0 * (now - before) / before if before > 0.0 else 0.0


@step
def detrended(m: Row, op: Op) -> None:
    """An earlier close less the mean, so that only the cycle stays."""
    mean = window_sum(m, op, op.at, op.n1, CLOSE) / op.n1
    m[op.out] = m[ago(m, op, op.n1 // 2 + 1) + CLOSE] - mean


def _chain(links: float, n: float) -> int:
    """Bars until averages of averages have forgotten their start."""
    return int((links * n + forgets(2.0 / (n + 1.0)) * (1.0 + 0.25 * (links - 1.0))) // 1) + 1


FEATURES: Final = (
    Feature(
        name="sma", update=simple, parameters=(bars(20, low=1),), unit="price ticks",
        formula="mean of n closes", warm=lambda n: n, state=lambda n: SUM, reach=lambda n: n,
    ),
    Feature(
        name="sma_distance", update=simple_distance, parameters=(bars(20, low=1),), unit="share",
        formula="close / sma(n) − 1", warm=lambda n: n, state=lambda n: SUM, reach=lambda n: n,
    ),
    Feature(
        name="sma_cross", update=simple_crossing, parameters=(bars(20, "fast", 1), bars(50, "slow")),
        unit="share", formula="sma(fast) / sma(slow) − 1",
        warm=max, state=lambda a, b: 2 * SUM, reach=max,
    ),
    Feature(
        name="ema", update=exponential, parameters=(bars(20, low=1),), unit="price ticks",
        formula="starts as the mean of n closes, then moves by 2 / (n + 1) of each surprise",
        warm=lambda n: n, state=lambda n: FADING, forgets=ema_forgets,
    ),
    Feature(
        name="ema_distance", update=exponential_distance, parameters=(bars(20, low=1),), unit="share",
        formula="close / ema(n) − 1", warm=lambda n: n, state=lambda n: FADING, forgets=ema_forgets,
    ),
    Feature(
        name="smma", update=smoothed, parameters=(bars(20, low=1),), unit="price ticks",
        formula="Wilder's: starts as the mean of n closes, then moves by 1 / n of each surprise",
        warm=lambda n: n, state=lambda n: FADING, forgets=wilder_forgets,
    ),
    Feature(
        name="wma", update=weighted, parameters=(bars(14, low=1),), unit="price ticks",
        formula="mean of n closes weighted 1 … n, the newest heaviest",
        warm=lambda n: n, state=lambda n: n + 3,
    ),
    Feature(
        name="hma", update=hull, parameters=(bars(14),), unit="price ticks",
        formula="wma(√n) of 2 wma(n / 2) − wma(n), roots and halves rounded down",
        warm=lambda n: n + int(math.sqrt(n)) - 1,
        state=lambda n: n + n // 2 + int(math.sqrt(n)) + 9,
    ),
    Feature(
        name="dema", update=double_exponential, parameters=(bars(20),), unit="price ticks",
        formula="2 ema(n) − ema(n) of ema(n), each average fed once the one before is warm",
        warm=lambda n: 2 * n - 1, state=lambda n: 2 * FADING, forgets=lambda n: _chain(2, n),
    ),
    Feature(
        name="tema", update=triple_exponential, parameters=(bars(20),), unit="price ticks",
        formula="3 ema − 3 ema of ema + ema of ema of ema, each fed once the one before is warm",
        warm=lambda n: 3 * n - 2, state=lambda n: 3 * FADING, forgets=lambda n: _chain(3, n),
    ),
    Feature(
        name="t3", update=tillson, parameters=(bars(5), number("factor", 0.7, 0.0, 1.0)),
        unit="price ticks",
        formula="six averages in a row; −v³ e6 + (3v² + 3v³) e5 − (6v² + 3v + 3v³) e4 + (1 + 3v + "
        "v³ + 3v²) e3",
        warm=lambda n, v: 6 * n - 5, state=lambda n, v: 6 * FADING, forgets=lambda n, v: _chain(6, n),
    ),
    Feature(
        name="trima", update=triangular, parameters=(bars(20),), unit="price ticks",
        formula="sma of sma, the windows n / 2 and n / 2 + 1 long",
        warm=lambda n: n, state=lambda n: n // 2 + 1 + (n + 1) // 2 + 4,
    ),
    Feature(
        name="kama", update=adaptive, parameters=(bars(10), bars(2, "fast", 1), bars(30, "slow", 1)),
        unit="price ticks",
        formula="moves by (e (2 / (fast + 1) − 2 / (slow + 1)) + 2 / (slow + 1))² of each surprise, "
        "e = |close − close n bars ago| / sum of n moves",
        warm=lambda n, f, s: n + 1, state=lambda n, f, s: n + 3, reach=lambda n, f, s: n,
        forgets=lambda n, f, s: int(n + FORGOTTEN / min(2 / (f + 1), 2 / (s + 1)) ** 2),
    ),
    Feature(
        name="alma", update=legoux,
        parameters=(bars(9), number("offset", 0.85, 0.0, 1.0), number("sigma", 6.0, 0.1, 100.0)),
        unit="price ticks",
        formula="weights exp(−(k − offset (n − 1))² / (2 (n / sigma)²)), k = 0 oldest; costs n a bar",
        warm=lambda n, o, s: n, state=lambda n, o, s: n + 1, reach=lambda n, o, s: n,
    ),
    Feature(
        name="vwma", update=volume_weighted, parameters=(bars(20),), unit="price ticks",
        formula="sum of close × volume / sum of volume over n bars; the close if nothing traded",
        warm=lambda n: n, state=lambda n: n + 2 + SUM, reach=lambda n: n,
    ),
    Feature(
        name="macd", update=convergence,
        parameters=(bars(12, "fast"), bars(26, "slow"), bars(9, "signal", 1)),
        outputs=("line", "signal", "histogram", "share", "percent"),
        unit="price ticks; share of the close; per cent of the slow average",
        formula="line = ema(fast) − ema(slow); signal = ema of the line; histogram = line − signal; "
        "share = line / close; percent = 100 line / ema(slow)",
        warm=lambda f, s, g: (max(f, s), max(f, s) + g - 1, max(f, s) + g - 1, max(f, s), max(f, s)),
        state=lambda f, s, g: 3 * FADING,
        forgets=lambda f, s, g: max(_chain(2, s), _chain(2, g) + ema_forgets(s)),
    ),
    Feature(
        name="trix", update=triple_change, parameters=(bars(15),), unit="per cent",
        formula="100 × the one-bar change of an ema of an ema of an ema",
        warm=lambda n: 3 * n - 1, state=lambda n: 3 * FADING, forgets=lambda n: _chain(3, n),
    ),
    Feature(
        name="dpo", update=detrended, parameters=(bars(20),), unit="price ticks",
        formula="close n / 2 + 1 bars ago − sma(n)",
        warm=lambda n: n, state=lambda n: SUM, reach=lambda n: n,
    ),
)  # fmt: skip
"""The family's registry."""
