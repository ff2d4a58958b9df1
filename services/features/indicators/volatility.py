"""How much the price moves, by closes and by ranges."""

from __future__ import annotations

import math
from typing import Final

from services.features.registry import Feature, bars, number
from services.features.rings import ring_sum
from services.features.row import BEFORE, CLOSE, HIGH, LOW, OPEN, RETURN, SEEN, TRUE_RANGE, Op, Row, ratio
from services.features.smoothing import FADING, FORGOTTEN, followed, wilder, wilder_forgets
from services.features.windows import SPREAD, highest, window_spread
from shared.kernels import part, step

LOG_2: Final = math.log(2.0)


@step
def true_range(m: Row, op: Op) -> None:
    """The range with the gap before it."""
    m[op.out] = m[TRUE_RANGE]


@step
def average_true_range(m: Row, op: Op) -> None:
    """Wilder's average of true ranges."""
    if m[SEEN] > 1.0:
        level = wilder(m, op.at, op.n1, m[TRUE_RANGE])
        m[op.out], m[op.out + 1] = level / m[CLOSE], level
        m[op.out + 2] = 100.0 * level / m[CLOSE]


@step
def realised(m: Row, op: Op) -> None:
    """The root mean square of returns; the start of history is no return."""
    m[op.out] = root_mean_square(m, op.at, op.n1)


@part
def root_mean_square(m: Row, at: int, length: int) -> float:
    """The root mean square of the last returns; keeps length + 2 places."""
    return math.sqrt(max(ring_sum(m, at, length, m[RETURN] * m[RETURN]), 0.0) / length)


@step
def annualised(m: Row, op: Op) -> None:
    """The deviation of returns, scaled to a year."""
    _, variance = window_spread(m, op, op.at, op.n1, RETURN)
    m[op.out] = math.sqrt(variance * op.n1 / (op.n1 - 1.0) * op.x2)


@step
def downside(m: Row, op: Op) -> None:
    """The root mean square of falls."""
    fall = min(m[RETURN], 0.0)
    m[op.out] = math.sqrt(max(ring_sum(m, op.at, op.n1, fall * fall), 0.0) / op.n1)


@step
def short_over_long(m: Row, op: Op) -> None:
    """Volatility of a short window over that of a long one."""
    short = root_mean_square(m, op.at, op.n1)
    m[op.out] = ratio(short, root_mean_square(m, op.at + op.n1 + 2, op.n2), 1.0)


@step
def weighted_volatility(m: Row, op: Op) -> None:
    """The root of an exponential average of squared returns."""
    if m[SEEN] > 1.0:
        m[op.out] = math.sqrt(followed(m, op.at, 1.0 - op.x1, m[RETURN] * m[RETURN]))


@step
def parkinson(m: Row, op: Op) -> None:
    """Volatility from high and low."""
    span = math.log(m[HIGH] / m[LOW])
    m[op.out] = math.sqrt(max(ring_sum(m, op.at, op.n1, span * span), 0.0) / (4.0 * LOG_2 * op.n1))


@step
def garman_klass(m: Row, op: Op) -> None:
    """Volatility from open, high, low and close, without drift."""
    span, body = math.log(m[HIGH] / m[LOW]), math.log(m[CLOSE] / m[OPEN])
    term = 0.5 * span * span - (2.0 * LOG_2 - 1.0) * body * body
    m[op.out] = math.sqrt(max(ring_sum(m, op.at, op.n1, term), 0.0) / op.n1)


@part
def rogers_satchell_term(m: Row) -> float:
    """One bar's variance whatever its drift."""
    up, down = math.log(m[HIGH] / m[OPEN]), math.log(m[LOW] / m[OPEN])
    body = math.log(m[CLOSE] / m[OPEN])
    return up * (up - body) + down * (down - body)


@step
def rogers_satchell(m: Row, op: Op) -> None:
    """Volatility from open, high, low and close, whatever the drift."""
    term = rogers_satchell_term(m)
    m[op.out] = math.sqrt(max(ring_sum(m, op.at, op.n1, term), 0.0) / op.n1)


@step
def yang_zhang(m: Row, op: Op) -> None:
    """Volatility overnight, of the day, and within it."""
    n, at, step = op.n1, op.at, op.n1 + 2
    gap, body = math.log(m[OPEN] / m[BEFORE]), math.log(m[CLOSE] / m[OPEN])
    gaps, squares = ring_sum(m, at, n, gap), ring_sum(m, at + step, n, gap * gap)
    bodies, more = ring_sum(m, at + 2 * step, n, body), ring_sum(m, at + 3 * step, n, body * body)
    within = ring_sum(m, at + 4 * step, n, rogers_satchell_term(m)) / n
    share = 0.34 / (1.34 + (n + 1.0) / (n - 1.0))
    overnight = (squares - gaps * gaps / n) / (n - 1.0)
    daily = (more - bodies * bodies / n) / (n - 1.0)
    m[op.out] = math.sqrt(max(overnight + share * daily + (1.0 - share) * within, 0.0))


@step
def deviation(m: Row, op: Op) -> None:
    """Deviation and mean of closes, and where the close stands between."""
    mean, variance = window_spread(m, op, op.at, op.n1, CLOSE)
    spread = math.sqrt(variance)
    m[op.out], m[op.out + 1] = spread, mean
    m[op.out + 2] = ratio(m[CLOSE] - mean, spread, 0.0)


@step
def ulcer(m: Row, op: Op) -> None:
    """The root mean square of drawdowns."""
    loss = 100.0 * (m[CLOSE] / highest(m, op, op.at, op.n1, CLOSE) - 1.0)
    m[op.out] = math.sqrt(max(ring_sum(m, op.at + op.n1 + 2, op.n1, loss * loss), 0.0) / op.n1)


FEATURES: Final = (
    Feature(
        name="true_range", update=true_range, unit="price ticks", warm=lambda: 2,
        formula="max(high, close before) − min(low, close before)",
    ),
    Feature(
        name="atr", update=average_true_range, parameters=(bars(14, low=1),),
        outputs=("share", "level", "percent"), unit="share of the close; price ticks; per cent",
        formula="level = Wilder average of n true ranges; share = level / close; percent = 100 share",
        warm=lambda n: n + 1, state=lambda n: FADING, forgets=wilder_forgets,
    ),
    Feature(
        name="volatility", update=realised, parameters=(bars(20),), unit="log return a bar",
        formula="√(mean of n squared log returns)", warm=lambda n: n + 1, state=lambda n: n + 2,
    ),
    Feature(
        name="annual_volatility", update=annualised,
        parameters=(bars(20), bars(252, "bars_a_year", 1, 40_000_000)),
        unit="log return a year", formula="sample deviation of n log returns × √bars a year",
        warm=lambda n, y: n + 1, state=lambda n, y: SPREAD, reach=lambda n, y: n,
    ),
    Feature(
        name="downside_volatility", update=downside, parameters=(bars(20),), unit="log return a bar",
        formula="√(mean of n squared log returns, rises as 0)",
        warm=lambda n: n + 1, state=lambda n: n + 2,
    ),
    Feature(
        name="volatility_ratio", update=short_over_long, parameters=(bars(5, "short"), bars(20, "long")),
        unit="ratio", formula="volatility(short) / volatility(long); 1 if nothing moved",
        warm=lambda a, b: max(a, b) + 1, state=lambda a, b: a + b + 4,
    ),
    Feature(
        name="ewma_volatility", update=weighted_volatility,
        parameters=(number("decay", 0.94, 0.1, 0.999),), unit="log return a bar",
        formula="√(average of squared log returns that keeps `decay` of itself a bar)",
        warm=lambda d: 2, state=lambda d: FADING, forgets=lambda d: int(FORGOTTEN / (1 - d)) + 2,
    ),
    Feature(
        name="parkinson", update=parkinson, parameters=(bars(20),), unit="log return a bar",
        formula="√(mean of ln(high / low)² / (4 ln 2)) over n bars",
        warm=lambda n: n, state=lambda n: n + 2,
    ),
    Feature(
        name="garman_klass", update=garman_klass, parameters=(bars(20),), unit="log return a bar",
        formula="√(mean of ½ ln(high / low)² − (2 ln 2 − 1) ln(close / open)²) over n bars",
        warm=lambda n: n, state=lambda n: n + 2,
    ),
    Feature(
        name="rogers_satchell", update=rogers_satchell, parameters=(bars(20),), unit="log return a bar",
        formula="√(mean of u (u − c) + d (d − c)), u, d, c the logs of high, low, close over open",
        warm=lambda n: n, state=lambda n: n + 2,
    ),
    Feature(
        name="yang_zhang", update=yang_zhang, parameters=(bars(20),), unit="log return a bar",
        formula="√(variance of gaps + k × variance of bodies + (1 − k) × Rogers-Satchell's), "
        "k = 0.34 / (1.34 + (n + 1) / (n − 1))",
        warm=lambda n: n + 1, state=lambda n: 5 * (n + 2),
    ),
    Feature(
        name="stdev", update=deviation, parameters=(bars(14),), outputs=("value", "mean", "zscore"),
        unit="price ticks; deviations", formula="population deviation and mean of n closes; "
        "zscore = (close − mean) / deviation, 0 if nothing moved",
        warm=lambda n: n, state=lambda n: SPREAD, reach=lambda n: n,
    ),
    Feature(
        name="ulcer", update=ulcer, parameters=(bars(14),), unit="per cent",
        formula="√(mean of n squared drawdowns, each from the highest close of its own n bars)",
        warm=lambda n: 2 * n - 1, state=lambda n: 2 * n + 4, reach=lambda n: n,
    ),
)  # fmt: skip
"""The family's registry."""
