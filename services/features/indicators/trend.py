"""Whether the price goes somewhere, which way, and where that would end."""

from __future__ import annotations

import math
from typing import Final

from services.features.registry import WHOLE_HISTORY, Feature, bars, number
from services.features.rings import delayed, ring_sum
from services.features.row import BEFORE, CLOSE, HIGH, LOW, SEEN, TRUE_RANGE, Op, Row, ago, ratio
from services.features.smoothing import FADING, wilder, wilder_forgets
from services.features.windows import SUM, extreme, highest, lowest, window_sum
from shared.kernels import step


@step
def directional(m: Row, op: Op) -> None:
    """Wilder's directional movement: up, down, their contrast, its average, and that rated."""
    at, out = op.at, op.out
    if m[SEEN] <= 1.0:
        return
    before = ago(m, op, 1)
    up, down = m[HIGH] - m[before + HIGH], m[before + LOW] - m[LOW]
    span = wilder(m, at, op.n1, m[TRUE_RANGE])
    plus = wilder(m, at + FADING, op.n1, up if up > down and up > 0.0 else 0.0)
    minus = wilder(m, at + 2 * FADING, op.n1, down if down > up and down > 0.0 else 0.0)
    m[out], m[out + 1] = ratio(100.0 * plus, span, 0.0), ratio(100.0 * minus, span, 0.0)
    contrast = ratio(100.0 * abs(plus - minus), plus + minus, 0.0)
    m[out + 2] = contrast
    if m[SEEN] <= op.n1:
        return
    average = wilder(m, at + 3 * FADING, op.n1, contrast)
    m[out + 3] = average
    m[out + 4] = 0.5 * (average + delayed(m, at + 4 * FADING, op.n1, average))


@step
def aroon(m: Row, op: Op) -> None:
    """How long ago the extremes were."""
    length, seen = op.n1 + 1, int(m[SEEN])
    up = 100.0 * (op.n1 - (seen - extreme(m, op, op.at, length, HIGH, 1.0))) / op.n1
    down = 100.0 * (op.n1 - (seen - extreme(m, op, op.at + length + 2, length, LOW, -1.0))) / op.n1
    m[op.out], m[op.out + 1], m[op.out + 2] = up, down, up - down


@step
def vortex(m: Row, op: Op) -> None:
    """Reach from the last low up and from the last high down, over what was moved."""
    before, moved = ago(m, op, 1), m[SEEN] > 1.0
    span = ring_sum(m, op.at, op.n1, m[TRUE_RANGE] if moved else 0.0)
    at = op.at + op.n1 + 2
    plus = ring_sum(m, at, op.n1, abs(m[HIGH] - m[before + LOW]) if moved else 0.0)
    minus = ring_sum(m, at + op.n1 + 2, op.n1, abs(m[LOW] - m[before + HIGH]) if moved else 0.0)
    m[op.out], m[op.out + 1] = ratio(plus, span, 1.0), ratio(minus, span, 1.0)


@step
def parabolic(m: Row, op: Op) -> None:
    """Wilder's stop and reverse: a stop that runs after the price, faster the longer the trend."""
    at, side = op.at, m[op.at]
    if m[SEEN] <= 1.0:
        return
    before = ago(m, op, 1)
    high_before, low_before = m[before + HIGH], m[before + LOW]
    if side == 0.0:
        fell = low_before - m[LOW]
        side = -1.0 if fell > 0.0 and fell > m[HIGH] - high_before else 1.0
        m[at + 1] = low_before if side > 0.0 else high_before
        m[at + 2], m[at + 3] = m[HIGH] if side > 0.0 else m[LOW], op.x1
        high_before, low_before = m[HIGH], m[LOW]
    stop, best, step = m[at + 1], m[at + 2], m[at + 3]
    if (side > 0.0 and m[LOW] <= stop) or (side < 0.0 and m[HIGH] >= stop):
        side, step = -side, op.x1
        stop = min(best, min(low_before, m[LOW])) if side > 0.0 else max(best, max(high_before, m[HIGH]))
        best = m[HIGH] if side > 0.0 else m[LOW]
        m[op.out] = stop
    else:
        m[op.out] = stop
        farther = m[HIGH] > best if side > 0.0 else m[LOW] < best
        if farther:
            best = m[HIGH] if side > 0.0 else m[LOW]
            step = min(step + op.x1, op.x2)
    stop += step * (best - stop)
    stop = min(stop, min(low_before, m[LOW])) if side > 0.0 else max(stop, max(high_before, m[HIGH]))
    m[at], m[at + 1], m[at + 2], m[at + 3] = side, stop, best, step
    m[op.out + 1] = side
    m[op.out + 2] = (m[CLOSE] - m[op.out]) / m[CLOSE]


@step
def super_trend(m: Row, op: Op) -> None:
    """A band of true ranges that only tightens until the close crosses it."""
    at = op.at
    if m[SEEN] <= 1.0:
        return
    half = op.x2 * wilder(m, at, op.n1, m[TRUE_RANGE])
    if m[SEEN] <= op.n1:
        return
    middle = 0.5 * (m[HIGH] + m[LOW])
    upper, lower, side = m[at + 2], m[at + 3], m[at + 4]
    if side == 0.0:
        upper, lower = middle + half, middle - half
        side = 1.0 if m[CLOSE] >= middle else -1.0
    else:
        upper = middle + half if middle + half < upper or m[BEFORE] > upper else upper
        lower = middle - half if middle - half > lower or m[BEFORE] < lower else lower
        if m[CLOSE] < lower and side > 0.0:
            side = -1.0
        elif m[CLOSE] > upper and side < 0.0:
            side = 1.0
    m[at + 2], m[at + 3], m[at + 4] = upper, lower, side
    m[op.out] = lower if side > 0.0 else upper
    m[op.out + 1] = side
    m[op.out + 2] = (m[CLOSE] - m[op.out]) / m[CLOSE]


@step
def choppiness(m: Row, op: Op) -> None:
    """What was moved over what was gained, on a scale of orders of magnitude."""
    at = op.at
    path = window_sum(m, op, at, op.n1, TRUE_RANGE)
    high = highest(m, op, at + SUM, op.n1, HIGH)
    span = high - lowest(m, op, at + SUM + op.n1 + 2, op.n1, LOW)
    m[op.out] = 100.0 * math.log10(path / span) / math.log10(op.x1) if span > 0.0 and path > 0.0 else 0.0


@step
def efficiency(m: Row, op: Op) -> None:
    """The way over the path: 1 is straight, near 0 goes nowhere."""
    path = ring_sum(m, op.at, op.n1, abs(m[CLOSE] - m[BEFORE]))
    way = m[CLOSE] - m[ago(m, op, op.n1) + CLOSE]
    m[op.out] = ratio(way, path, 0.0)


FEATURES: Final = (
    Feature(
        name="adx", update=directional, parameters=(bars(14),),
        outputs=("plus", "minus", "dx", "adx", "adxr"), unit="0 … 100",
        formula="plus and minus = 100 × Wilder averages of directional movement / of true range; "
        "dx = 100 |plus − minus| / (plus + minus); adx = Wilder average of dx; adxr = (adx + adx n "
        "bars ago) / 2",
        warm=lambda n: (n + 1, n + 1, n + 1, 2 * n, 3 * n), state=lambda n: 4 * FADING + n + 1,
        forgets=lambda n: int(1.4 * wilder_forgets(n)) + 3 * n,
    ),
    Feature(
        name="aroon", update=aroon, parameters=(bars(25),), outputs=("up", "down", "oscillator"),
        unit="0 … 100; −100 … 100",
        formula="100 (n − bars since the highest high of n + 1 bars) / n, the older of equals; down "
        "by the low",
        warm=lambda n: n + 1, state=lambda n: 2 * n + 6, reach=lambda n: n + 1,
    ),
    Feature(
        name="vortex", update=vortex, parameters=(bars(14),), outputs=("plus", "minus"), unit="ratio",
        formula="sums of |high − low before| and |low − high before| over the sum of true ranges of n bars",
        warm=lambda n: n + 1, state=lambda n: 3 * (n + 2),
    ),
    Feature(
        name="psar", update=parabolic,
        parameters=(number("step", 0.02, 0.0001, 1.0), number("most", 0.2, 0.0001, 1.0)),
        outputs=("stop", "side", "distance"), unit="price ticks; 1 or −1; share of the close",
        formula="Wilder's parabolic stop; distance = (close − stop) / close",
        warm=lambda s, x: 2, state=lambda s, x: 4, forgets=WHOLE_HISTORY,
    ),
    Feature(
        name="supertrend", update=super_trend, parameters=(bars(10), number("ranges", 3.0, 0.1, 20.0)),
        outputs=("line", "side", "distance"), unit="price ticks; 1 or −1; share of the close",
        formula="(high + low) / 2 ± k atr(n), each band moving only towards the price until a close "
        "crosses it",
        warm=lambda n, k: n + 1, state=lambda n, k: FADING + 3, forgets=WHOLE_HISTORY,
    ),
    Feature(
        name="choppiness", update=choppiness, parameters=(bars(14),), unit="0 … 100",
        formula="100 log10(sum of true ranges / (highest high − lowest low)) / log10(n)",
        warm=lambda n: n + 1, state=lambda n: SUM + 2 * n + 4, reach=lambda n: n,
    ),
    Feature(
        name="efficiency", update=efficiency, parameters=(bars(10),), unit="−1 … 1",
        formula="(close − close n bars ago) / sum of n absolute changes",
        warm=lambda n: n + 1, state=lambda n: n + 2, reach=lambda n: n,
    ),
)  # fmt: skip
"""The family's registry."""
