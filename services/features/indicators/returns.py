"""How far the price has gone."""

from __future__ import annotations

import math
from typing import Final

from services.features.registry import Feature, bars
from services.features.row import BEFORE, CLOSE, HIGH, LOW, OPEN, RETURN, SEEN, Op, Row, ago, ratio
from services.features.windows import highest, lowest, window_spread
from shared.kernels import part, step


@step
def log_return(m: Row, op: Op) -> None:
    """The logarithm of the close over an earlier close."""
    m[op.out] = math.log(m[CLOSE] / earlier(m, op, op.n1))


@part
def earlier(m: Row, op: Op, bars_ago: int) -> float:
    """An earlier close; this one while there is none."""
    return m[ago(m, op, bars_ago) + CLOSE] if m[SEEN] > bars_ago else m[CLOSE]


@step
def rate_of_change(m: Row, op: Op) -> None:
    """The change since an earlier close, in per cent of it."""
    before = earlier(m, op, op.n1)
    m[op.out] = 100.0 * (m[CLOSE] - before) / before


@step
def momentum(m: Row, op: Op) -> None:
    """The change since an earlier close."""
    m[op.out] = m[CLOSE] - earlier(m, op, op.n1)


@step
def skip_momentum(m: Row, op: Op) -> None:
    """A long return that leaves out its last part, which tends to turn back."""
    m[op.out] = math.log(earlier(m, op, op.n2) / earlier(m, op, op.n1))


@step
def acceleration(m: Row, op: Op) -> None:
    """A return less the one before it."""
    middle, start = earlier(m, op, op.n1), earlier(m, op, 2 * op.n1)
    m[op.out] = math.log(m[CLOSE] / middle) - math.log(middle / start)


@step
def opening_gap(m: Row, op: Op) -> None:
    """The open over the close before it."""
    m[op.out] = math.log(m[OPEN] / m[BEFORE])


@step
def streak(m: Row, op: Op) -> None:
    """Bars that have closed higher in a row, negative if lower, 0 after no change."""
    m[op.out] = next_streak(m, op.at)


@part
def next_streak(m: Row, at: int) -> float:
    """Counts the bar into a streak; keeps one place."""
    change = m[CLOSE] - m[BEFORE]
    if change > 0.0:
        m[at] = max(m[at], 0.0) + 1.0
    elif change < 0.0:
        m[at] = min(m[at], 0.0) - 1.0
    else:
        m[at] = 0.0
    return m[at]


@step
def drawdown(m: Row, op: Op) -> None:
    """The close below the highest close."""
    m[op.out] = m[CLOSE] / highest(m, op, op.at, op.n1, CLOSE) - 1.0


@step
def runup(m: Row, op: Op) -> None:
    """The close above the lowest close."""
    m[op.out] = m[CLOSE] / lowest(m, op, op.at, op.n1, CLOSE) - 1.0


@step
def risk_adjusted_return(m: Row, op: Op) -> None:
    """The mean return over its deviation."""
    mean, variance = window_spread(m, op, op.at, op.n1, RETURN)
    m[op.out] = ratio(mean, math.sqrt(variance), 0.0)


@step
def range_(m: Row, op: Op) -> None:
    """High less low."""
    m[op.out] = (m[HIGH] - m[LOW]) / m[CLOSE]


@step
def body(m: Row, op: Op) -> None:
    """Close less open."""
    m[op.out] = (m[CLOSE] - m[OPEN]) / m[CLOSE]


@step
def shadows(m: Row, op: Op) -> None:
    """What lies above and below the body."""
    m[op.out] = (m[HIGH] - max(m[OPEN], m[CLOSE])) / m[CLOSE]
    m[op.out + 1] = (min(m[OPEN], m[CLOSE]) - m[LOW]) / m[CLOSE]


@step
def close_(m: Row, op: Op) -> None:
    """The close itself."""
    m[op.out] = m[CLOSE]


@step
def close_location(m: Row, op: Op) -> None:
    """Where in its range the bar closed."""
    m[op.out] = ratio(2.0 * m[CLOSE] - m[HIGH] - m[LOW], m[HIGH] - m[LOW], 0.0)


@step
def balance_of_power(m: Row, op: Op) -> None:
    """The body as a share of the range."""
    m[op.out] = ratio(m[CLOSE] - m[OPEN], m[HIGH] - m[LOW], 0.0)


FEATURES: Final = (
    Feature(
        name="close", update=close_, unit="price ticks", formula="close"
    ),
    Feature(
        name="return", update=log_return, parameters=(bars(1, low=1),), unit="log return",
        formula="ln(close / close n bars ago)", warm=lambda n: n + 1, reach=lambda n: n,
    ),
    Feature(
        name="roc", update=rate_of_change, parameters=(bars(14, low=1),), unit="per cent",
        formula="100 (close / close n bars ago − 1)", warm=lambda n: n + 1, reach=lambda n: n,
    ),
    Feature(
        name="momentum", update=momentum, parameters=(bars(14, low=1),), unit="price ticks",
        formula="close − close n bars ago", warm=lambda n: n + 1, reach=lambda n: n,
    ),
    Feature(
        name="skip_momentum", update=skip_momentum,
        parameters=(bars(252), bars(21, "skipped", low=1)), unit="log return",
        formula="ln(close `skipped` bars ago / close n bars ago): with daily bars and 252, 21 the "
        "12-1 momentum",
        warm=lambda n, k: max(n, k) + 1, reach=max,
    ),
    Feature(
        name="acceleration", update=acceleration, parameters=(bars(10, low=1),), unit="log return",
        formula="return of the last n bars − return of the n bars before",
        warm=lambda n: 2 * n + 1, reach=lambda n: 2 * n,
    ),
    Feature(
        name="gap", update=opening_gap, unit="log return", formula="ln(open / close before)", warm=lambda: 2
    ),
    Feature(
        name="streak", update=streak, unit="bars", warm=lambda: 2, state=lambda: 1, forgets=lambda: 40,
        formula="closes in a row that rose, negative if they fell; a close that did not move ends it",
    ),
    Feature(
        name="drawdown", update=drawdown, parameters=(bars(50),), unit="share",
        formula="close / highest close of n bars − 1",
        warm=lambda n: n, state=lambda n: n + 2, reach=lambda n: n,
    ),
    Feature(
        name="runup", update=runup, parameters=(bars(50),), unit="share",
        formula="close / lowest close of n bars − 1",
        warm=lambda n: n, state=lambda n: n + 2, reach=lambda n: n,
    ),
    Feature(
        name="sharpe", update=risk_adjusted_return, parameters=(bars(20),), unit="ratio a bar",
        formula="mean of n log returns / their population deviation; 0 if nothing moved",
        warm=lambda n: n + 1, state=lambda n: 4, reach=lambda n: n,
    ),
    Feature(name="range", update=range_, unit="share of the close", formula="(high − low) / close"),
    Feature(name="body", update=body, unit="share of the close", formula="(close − open) / close"),
    Feature(
        name="shadow", update=shadows, outputs=("upper", "lower"), unit="share of the close",
        formula="upper = (high − max(open, close)) / close; lower = (min(open, close) − low) / close",
    ),
    Feature(
        name="close_location", update=close_location, unit="−1 … 1",
        formula="(2 close − high − low) / (high − low); 0 if the bar has no range",
    ),
    Feature(
        name="bop", update=balance_of_power, unit="−1 … 1",
        formula="balance of power: (close − open) / (high − low); 0 if the bar has no range",
    ),
)  # fmt: skip
"""The family's registry."""
