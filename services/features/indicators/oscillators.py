"""Oscillators: the strength of rises against falls, on a scale."""

from __future__ import annotations

import math
from typing import Final

from services.features.indicators.returns import next_streak
from services.features.registry import Feature, bars
from services.features.rings import ring_place, ring_sum
from services.features.row import (
    BEFORE,
    CLOSE,
    HIGH,
    LOW,
    RETURN,
    SEEN,
    TRUE_RANGE,
    TYPICAL,
    VOLUME,
    Op,
    Row,
    ago,
    ratio,
)
from services.features.smoothing import FADING, ema, ema_chain, ema_forgets, faded, wilder, wilder_forgets
from services.features.windows import SUM, highest, lowest, window_sum
from shared.kernels import part, step


@part
def strength(m: Row, at: int, length: int, change: float) -> float:
    """Wilder's index of a series' changes; keeps two `FADING`s."""
    rise = wilder(m, at, length, max(change, 0.0))
    fall = wilder(m, at + FADING, length, max(-change, 0.0))
    return ratio(100.0 * rise, rise + fall, 50.0)


@step
def relative_strength(m: Row, op: Op) -> None:
    """Wilder's index from 0, only falls, to 100, only rises."""
    if m[SEEN] > 1.0:
        m[op.out] = strength(m, op.at, op.n1, m[CLOSE] - m[BEFORE])


@step
def stochastic_strength(m: Row, op: Op) -> None:
    """Where the strength index stands between its own extremes."""
    at = op.at
    if m[SEEN] <= 1.0:
        return
    index = strength(m, at, op.n1, m[CLOSE] - m[BEFORE])
    if m[SEEN] > op.n1:
        m[op.out] = 100.0 * ring_place(m, at + 2 * FADING, op.n2, index)


@step
def chande(m: Row, op: Op) -> None:
    """Rises less falls over their sum."""
    change = m[CLOSE] - m[BEFORE]
    rise = ring_sum(m, op.at, op.n1, max(change, 0.0))
    fall = ring_sum(m, op.at + op.n1 + 2, op.n1, max(-change, 0.0))
    m[op.out] = ratio(100.0 * (rise - fall), rise + fall, 0.0)


@step
def stochastic(m: Row, op: Op) -> None:
    """Where the close stands between the extremes, smoothed once, smoothed twice, and ahead of both."""
    at, n = op.at, op.n1
    high, low = highest(m, op, at, n, HIGH), lowest(m, op, at + n + 2, n, LOW)
    raw = 100.0 * ratio(m[CLOSE] - low, high - low, 0.0)
    at += 2 * n + 4
    k = ring_sum(m, at, op.n2, raw) / op.n2
    d = ring_sum(m, at + op.n2 + 2, op.n3, k) / op.n3
    m[op.out], m[op.out + 1], m[op.out + 2] = k, d, 3.0 * k - 2.0 * d


@step
def williams(m: Row, op: Op) -> None:
    """How far below the highest high the close stands."""
    high = highest(m, op, op.at, op.n1, HIGH)
    low = lowest(m, op, op.at + op.n1 + 2, op.n1, LOW)
    m[op.out] = -100.0 * ratio(high - m[CLOSE], high - low, 0.5)


@step
def commodity_channel(m: Row, op: Op) -> None:
    """The typical price's distance from its mean in mean distances; costs n a bar."""
    mean = ring_sum(m, op.at, op.n1, m[TYPICAL]) / op.n1
    total = 0.0
    for k in range(op.n1):
        total += abs(m[op.at + 2 + k] - mean)
    m[op.out] = ratio(m[TYPICAL] - mean, 0.015 * total / op.n1, 0.0)


@step
def money_flow(m: Row, op: Op) -> None:
    """The strength index of money: rises and falls of the typical price weighted by what was paid."""
    at, before = op.at, m[op.at]
    money = m[TYPICAL] * m[VOLUME]
    first = m[SEEN] == 1.0
    rise = ring_sum(m, at + 1, op.n1, money if m[TYPICAL] > before and not first else 0.0)
    fall = ring_sum(m, at + op.n1 + 3, op.n1, money if m[TYPICAL] < before and not first else 0.0)
    m[at] = m[TYPICAL]
    m[op.out] = ratio(100.0 * rise, rise + fall, 50.0)


@step
def ultimate(m: Row, op: Op) -> None:
    """Buying pressure over true range in three windows, the shortest heaviest."""
    at, total = op.at, 0.0
    pressure = m[CLOSE] - min(m[LOW], m[BEFORE]) if m[SEEN] > 1.0 else 0.0
    span = m[TRUE_RANGE] if m[SEEN] > 1.0 else 0.0
    for k in range(3):
        length = op.n1 if k == 0 else (op.n2 if k == 1 else op.n3)
        bought = ring_sum(m, at, length, pressure)
        moved = ring_sum(m, at + length + 2, length, span)
        total += (4 >> k) * ratio(bought, moved, 0.5)
        at += 2 * (length + 2)
    m[op.out] = 100.0 * total / 7.0


@step
def awesome(m: Row, op: Op) -> None:
    """A short mean of the bar's middle less a long one."""
    middle = 0.5 * (m[HIGH] + m[LOW])
    fast = ring_sum(m, op.at, op.n1, middle) / op.n1
    m[op.out] = fast - ring_sum(m, op.at + op.n1 + 2, op.n2, middle) / op.n2
    m[op.out + 1] = m[op.out] / m[CLOSE]


@step
def true_strength(m: Row, op: Op) -> None:
    """Twice smoothed changes over their twice smoothed sizes, and the average of that."""
    at, change = op.at, m[CLOSE] - m[BEFORE]
    if m[SEEN] <= 1.0:
        return
    slow, size = ema(m, at, op.n1, change), ema(m, at + FADING, op.n1, abs(change))
    if m[at] < op.n1:
        return
    slow, size = ema(m, at + 2 * FADING, op.n2, slow), ema(m, at + 3 * FADING, op.n2, size)
    index = 100.0 * ratio(slow, size, 0.0)
    m[op.out] = index
    if m[at + 2 * FADING] == op.n2:
        m[op.out + 1] = ema(m, at + 4 * FADING, op.n3, index)


@step
def connors(m: Row, op: Op) -> None:
    """The mean of three strengths: of price, of streak, and of the last return's rank; costs n a bar."""
    at = op.at
    if m[SEEN] <= 1.0:
        return
    price = strength(m, at, op.n1, m[CLOSE] - m[BEFORE])
    before = m[at + 4 * FADING]
    run = strength(m, at + 2 * FADING, op.n2, next_streak(m, at + 4 * FADING) - before)
    below = 0
    for back in range(1, op.n3 + 1):
        below += m[ago(m, op, back) + RETURN] < m[RETURN]
    m[op.out] = (price + run + 100.0 * below / op.n3) / 3.0


@step
def trend_cycle(m: Row, op: Op) -> None:
    """Schaff's cycle: the stochastic of the stochastic of fast less slow average, each smoothed by a half."""
    at = op.at
    fast, slow = ema(m, at, op.n2, m[CLOSE]), ema(m, at + FADING, op.n3, m[CLOSE])
    if m[SEEN] < op.n3:
        return
    at += 2 * FADING
    first = followed_by_half(m, at, 100.0 * ring_place(m, at + 2, op.n1, fast - slow))
    at += op.n1 + 4
    m[op.out] = followed_by_half(m, at, 100.0 * ring_place(m, at + 2, op.n1, first))


@part
def followed_by_half(m: Row, at: int, value: float) -> float:
    """An average that starts at its first value and moves by half of each surprise; keeps `FADING` places."""
    return faded(m, at, 1, 0.5, value)


@step
def elder(m: Row, op: Op) -> None:
    """How far the extremes reach beyond the average."""
    middle = ema(m, op.at, op.n1, m[CLOSE])
    m[op.out] = (m[HIGH] - middle) / m[CLOSE]
    m[op.out + 1] = (m[LOW] - middle) / m[CLOSE]


@step
def fisher(m: Row, op: Op) -> None:
    """Fisher's transform of where the bar's middle stands between its extremes, slowed down."""
    at, middle = op.at, 0.5 * (m[HIGH] + m[LOW])
    place = ring_place(m, at + 2, op.n1, middle)
    slowed = 0.66 * (place - 0.5) + 0.67 * m[at]
    slowed = min(max(slowed, -0.99), 0.99)
    m[at] = slowed
    before = m[at + 1]
    m[at + 1] = 0.5 * math.log((1.0 + slowed) / (1.0 - slowed)) + 0.5 * before
    m[op.out], m[op.out + 1] = m[at + 1], before


@step
def mass(m: Row, op: Op) -> None:
    """The sum of the range's average over that average's average: a bulge foretells a turn."""
    at = op.at
    once = ema(m, at, op.n2, m[HIGH] - m[LOW])
    if m[at] < op.n2:
        return
    twice = ema(m, at + FADING, op.n2, once)
    if m[at + FADING] == op.n2:
        m[op.out] = ring_sum(m, at + 2 * FADING, op.n1, ratio(once, twice, 1.0))


@step
def coppock(m: Row, op: Op) -> None:
    """The smoothed sum of two rates of change."""
    fast, slow = m[ago(m, op, op.n2) + CLOSE], m[ago(m, op, op.n3) + CLOSE]
    total = ratio(m[CLOSE], fast, 1.0) + ratio(m[CLOSE], slow, 1.0) - 2.0
    m[op.out] = 100.0 * ema(m, op.at, op.n1, total) if m[SEEN] > max(op.n2, op.n3) else 0.0


@step
def psychological(m: Row, op: Op) -> None:
    """The share of bars that rose."""
    m[op.out] = ring_sum(m, op.at, op.n1, 1.0 if m[CLOSE] > m[BEFORE] else 0.0) / op.n1


@step
def volume_oscillator(m: Row, op: Op) -> None:
    """A fast average of volume less a slow one, over the slow one."""
    fast, slow = ema(m, op.at, op.n1, m[VOLUME]), ema(m, op.at + FADING, op.n2, m[VOLUME])
    m[op.out] = 100.0 * ratio(fast - slow, slow, 0.0)


@step
def smoothed_return(m: Row, op: Op) -> None:
    """Returns smoothed twice."""
    m[op.out] = ema_chain(m, op.at, op.n1, m[RETURN], 2)


@step
def range_ratio(m: Row, op: Op) -> None:
    """The mean range against the mean of a longer past."""
    short = window_sum(m, op, op.at, op.n1, TRUE_RANGE) / op.n1
    m[op.out] = ratio(short, window_sum(m, op, op.at + SUM, op.n2, TRUE_RANGE) / op.n2, 1.0)


FEATURES: Final = (
    Feature(
        name="rsi", update=relative_strength, parameters=(bars(14),), unit="0 … 100",
        formula="100 rise / (rise + fall), both Wilder averages of n changes; 50 if nothing moved",
        warm=lambda n: n + 1, state=lambda n: 2 * FADING, forgets=wilder_forgets,
    ),
    Feature(
        name="stoch_rsi", update=stochastic_strength, parameters=(bars(14), bars(14, "stochastic")),
        unit="0 … 100", formula="where rsi(n) stands between its extremes of m bars; costs m a bar",
        warm=lambda n, k: n + k, state=lambda n, k: 2 * FADING + k + 2,
        forgets=lambda n, k: wilder_forgets(n) + k + n,
    ),
    Feature(
        name="cmo", update=chande, parameters=(bars(14),), unit="−100 … 100",
        formula="100 (rises − falls) / (rises + falls), sums of n changes",
        warm=lambda n: n + 1, state=lambda n: 2 * n + 4,
    ),
    Feature(
        name="stochastic", update=stochastic,
        parameters=(bars(14), bars(3, "smooth", 1), bars(3, "signal", 1)),
        outputs=("k", "d", "j"), unit="0 … 100",
        formula="raw = 100 (close − lowest low) / (highest high − lowest low) of n bars; k = sma(raw); "
        "d = sma(k); j = 3 k − 2 d; raw is 0 if nothing moved",
        warm=lambda n, s, g: (n + s - 1, n + s + g - 2, n + s + g - 2),
        state=lambda n, s, g: 2 * n + s + g + 8, reach=lambda n, s, g: n,
        forgets=lambda n, s, g: n + s + g,
    ),
    Feature(
        name="williams", update=williams, parameters=(bars(14),), unit="−100 … 0",
        formula="−100 (highest high − close) / (highest high − lowest low) of n bars",
        warm=lambda n: n, state=lambda n: 2 * n + 4, reach=lambda n: n,
    ),
    Feature(
        name="cci", update=commodity_channel, parameters=(bars(20),), unit="mean distances / 0.015",
        formula="(typical − mean) / (0.015 × mean |typical − mean|), typical = (high + low + close) / 3; "
        "costs n a bar",
        warm=lambda n: n, state=lambda n: n + 2,
    ),
    Feature(
        name="mfi", update=money_flow, parameters=(bars(14),), unit="0 … 100",
        formula="100 × money of bars whose typical price rose / money of those where it moved, over n bars",
        warm=lambda n: n + 1, state=lambda n: 2 * n + 5,
    ),
    Feature(
        name="ultimate", update=ultimate, parameters=(bars(7, "short"), bars(14, "middle"), bars(28, "long")),
        unit="0 … 100",
        formula="100 (4 a + 2 b + c) / 7, each the sum of close − min(low, close before) over the "
        "sum of true "
        "ranges in its window",
        warm=lambda a, b, c: max(a, b, c) + 1, state=lambda a, b, c: 2 * (a + b + c) + 12,
    ),
    Feature(
        name="awesome", update=awesome, parameters=(bars(5, "fast"), bars(34, "slow")),
        outputs=("value", "share"), unit="price ticks; share of the close",
        formula="sma(fast) − sma(slow) of (high + low) / 2; share = value / close",
        warm=max, state=lambda f, s: f + s + 4,
    ),
    Feature(
        name="tsi", update=true_strength, parameters=(bars(25), bars(13, "second"), bars(7, "signal")),
        outputs=("value", "signal"), unit="−100 … 100",
        formula="100 × ema of ema of changes / ema of ema of their sizes; signal = ema of it",
        warm=lambda a, b, c: (a + b, a + b + c - 1), state=lambda a, b, c: 5 * FADING,
        forgets=lambda a, b, c: int(1.4 * (ema_forgets(a) + ema_forgets(b) + ema_forgets(c))),
    ),
    Feature(
        name="connors_rsi", update=connors, parameters=(bars(3), bars(2, "streak"), bars(100, "rank")),
        unit="0 … 100",
        formula="mean of rsi(n), rsi of the streak, and the per cent of the last returns below this one; "
        "costs `rank` a bar",
        warm=lambda n, s, r: max(n, s, r) + 2, state=lambda n, s, r: 4 * FADING + 1,
        reach=lambda n, s, r: r + 1,
        forgets=lambda n, s, r: max(wilder_forgets(n), wilder_forgets(s) + 40, r + 2),
    ),
    Feature(
        name="stc", update=trend_cycle, parameters=(bars(10), bars(23, "fast"), bars(50, "slow")),
        unit="0 … 100",
        formula="Schaff's trend cycle: twice the stochastic of ema(fast) − ema(slow) over n bars, "
        "each time moving by half of the surprise; costs n a bar",
        warm=lambda n, f, s: s + 2 * n, state=lambda n, f, s: 2 * FADING + 2 * (n + 4),
        forgets=lambda n, f, s: 2 * max(ema_forgets(f), ema_forgets(s)) + 60 + 2 * n,
    ),
    Feature(
        name="elder", update=elder, parameters=(bars(13),), outputs=("bull", "bear"),
        unit="share of the close", formula="(high − ema(n)) / close and (low − ema(n)) / close",
        warm=lambda n: n, state=lambda n: FADING, forgets=ema_forgets,
    ),
    Feature(
        name="fisher", update=fisher, parameters=(bars(10),), outputs=("value", "signal"), unit="open scale",
        formula="y = 0.66 (place − ½) + 0.67 y before, place of (high + low) / 2 between its "
        "extremes of n bars; "
        "value = ½ ln((1 + y) / (1 − y)) + ½ value before; signal = value before; costs n a bar",
        warm=lambda n: (n, n + 1), state=lambda n: n + 4, forgets=lambda n: n + 150,
    ),
    Feature(
        name="mass_index", update=mass, parameters=(bars(25), bars(9, "smooth")), unit="sum of ratios",
        formula="sum over n bars of ema(high − low) / ema of that ema",
        warm=lambda n, s: n + 2 * s - 2, state=lambda n, s: 2 * FADING + n + 2,
        forgets=lambda n, s: n + int(1.4 * ema_forgets(s)) + s,
    ),
    Feature(
        name="coppock", update=coppock, parameters=(bars(10), bars(11, "fast"), bars(14, "slow")),
        unit="per cent", formula="ema(n) of the sum of two rates of change",
        warm=lambda n, f, s: max(f, s) + n, state=lambda n, f, s: FADING,
        reach=lambda n, f, s: max(f, s), forgets=lambda n, f, s: max(f, s) + ema_forgets(n),
    ),
    Feature(
        name="rising_share", update=psychological, parameters=(bars(20),), unit="0 … 1",
        formula="share of n bars that closed above the close before",
        warm=lambda n: n + 1, state=lambda n: n + 2,
    ),
    Feature(
        name="pvo", update=volume_oscillator, parameters=(bars(12, "fast"), bars(26, "slow")),
        unit="per cent", formula="100 (ema(fast) − ema(slow)) / ema(slow), of volume",
        warm=max, state=lambda f, s: 2 * FADING, forgets=lambda f, s: max(ema_forgets(f), ema_forgets(s)),
    ),
    Feature(
        name="smooth_return", update=smoothed_return, parameters=(bars(10),), unit="log return",
        formula="ema of ema of one-bar log returns",
        warm=lambda n: 2 * n, state=lambda n: 2 * FADING, forgets=lambda n: int(1.4 * ema_forgets(n)),
    ),
    Feature(
        name="range_ratio", update=range_ratio, parameters=(bars(5, "short"), bars(20, "long")),
        unit="ratio", formula="mean true range of `short` bars / of `long` bars",
        warm=lambda a, b: max(a, b) + 1, state=lambda a, b: 2 * SUM, reach=max,
    ),
)  # fmt: skip
"""The family's registry."""
