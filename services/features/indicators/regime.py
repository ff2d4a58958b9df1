"""What kind of market it is: its trend, its volatility, and its momentum."""

from __future__ import annotations

import math
from typing import Final

from services.features.indicators.volatility import root_mean_square
from services.features.registry import Feature, bars, number
from services.features.row import CLOSE, Op, Row, ago, ratio
from services.features.windows import SUM, window_sum
from shared.kernels import step


@step
def trend_state(m: Row, op: Op) -> None:
    """Rising if the close is above a short mean and that above a long one, falling the other way round."""
    short = window_sum(m, op, op.at, op.n1, CLOSE) / op.n1
    long = window_sum(m, op, op.at + SUM, op.n2, CLOSE) / op.n2
    rising, falling = m[CLOSE] > short and short > long, m[CLOSE] < short and short < long
    m[op.out] = 1.0 if rising else (-1.0 if falling else 0.0)


@step
def volatility_regime(m: Row, op: Op) -> None:
    """Calm, usual or wild: volatility of a short window against that of a long one."""
    short = root_mean_square(m, op.at, op.n1)
    found = ratio(short, root_mean_square(m, op.at + op.n1 + 2, op.n2), 1.0)
    m[op.out] = 1.0 if found > op.x3 else (-1.0 if found * op.x3 < 1.0 else 0.0)


@step
def momentum_score(m: Row, op: Op) -> None:
    """The return in units of what chance would give, pressed between −1 and 1."""
    spread = root_mean_square(m, op.at, op.n1) * math.sqrt(op.x1)
    move = math.log(m[CLOSE] / max(m[ago(m, op, op.n1) + CLOSE], 1.0))
    m[op.out] = math.tanh(ratio(move, spread, 0.0))


FEATURES: Final = (
    Feature(
        name="trend_state", update=trend_state, parameters=(bars(20, "short"), bars(50, "long")),
        unit="1, 0 or −1", formula="1 if close > sma(short) > sma(long), −1 if close < sma(short) < "
        "sma(long)",
        warm=max, state=lambda a, b: 2 * SUM, reach=max,
    ),
    Feature(
        name="volatility_regime", update=volatility_regime,
        parameters=(bars(20, "short"), bars(100, "long"), number("band", 1.25, 1.0, 10.0)),
        unit="1, 0 or −1", formula="1 if volatility(short) / volatility(long) > band, −1 if below 1 / band",
        warm=lambda a, b, c: max(a, b) + 1, state=lambda a, b, c: a + b + 4,
    ),
    Feature(
        name="momentum_score", update=momentum_score, parameters=(bars(20),), unit="−1 … 1",
        formula="tanh(return(n) / (volatility(n) √n))",
        warm=lambda n: n + 1, state=lambda n: n + 2, reach=lambda n: n,
    ),
)  # fmt: skip
"""The family's registry."""
