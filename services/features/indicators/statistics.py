"""What the last closes and returns look like as a sample."""

from __future__ import annotations

import math
from typing import Final

from services.features.registry import Feature, bars
from services.features.rings import ring_sum
from services.features.row import BEFORE, CLOSE, RETURN, SEEN, Op, Row, ago, ratio
from services.features.windows import NOISE, PAIR, SPREAD, correlation, window_pair, window_spread
from shared.kernels import step

LINE: Final = 5


@step
def regression(m: Row, op: Op) -> None:
    """The straight line of least squares through the last closes."""
    at, n, out = op.at, op.n1, op.out
    if m[at] == 0.0:
        m[at + 4] = 0.0
        pivot = m[CLOSE]
        for back in range(min(n, int(m[SEEN]))):
            m[at + 4] += (n - 1 - back) * (m[ago(m, op, back) + CLOSE] - pivot)
    else:
        pivot = m[at + 1]
        old = m[ago(m, op, n) + CLOSE] - pivot if m[SEEN] > n else 0.0
        m[at + 4] += (n - 1) * (m[CLOSE] - pivot) - (m[at + 2] - old)
    mean, variance = window_spread(m, op, at, n, CLOSE)
    middle, spread = 0.5 * (n - 1.0), (n * n - 1.0) / 12.0
    shared = m[at + 4] / n - middle * (m[at + 2] / n)
    slope = shared / spread
    m[out] = slope / m[CLOSE]
    m[out + 1] = slope
    m[out + 2] = mean + slope * middle
    m[out + 3] = mean + slope * (middle + 1.0)
    m[out + 4] = min(ratio(shared * shared, spread * variance, 0.0), 1.0)


@step
def moments(m: Row, op: Op) -> None:
    """How lopsided and how heavy in the tails the returns are."""
    at, n, x, step = op.at, op.n1, m[RETURN], op.n1 + 2
    first, second = ring_sum(m, at, n, x) / n, ring_sum(m, at + step, n, x * x) / n
    third, fourth = ring_sum(m, at + 2 * step, n, x**3) / n, ring_sum(m, at + 3 * step, n, x**4) / n
    variance = second - first * first
    if variance <= NOISE * second:
        m[op.out] = m[op.out + 1] = 0.0
        return
    lean = third - 3.0 * first * second + 2.0 * first**3
    tails = fourth - 4.0 * first * third + 6.0 * first * first * second - 3.0 * first**4
    m[op.out] = lean / (variance * math.sqrt(variance))
    m[op.out + 1] = tails / (variance * variance) - 3.0


@step
def autocorrelation(m: Row, op: Op) -> None:
    """Whether a return foretells the one some bars later."""
    window_pair(m, op, op.at, op.n1, op.n2, (RETURN, RETURN))
    m[op.out] = correlation(m, op.at, op.n1)


@step
def hurst(m: Row, op: Op) -> None:
    """How the spread of longer moves grows against that of single ones: ½ is a random walk."""
    at, n, k = op.at, op.n1, op.n2
    _, single = window_spread(m, op, at, n, RETURN)
    before = m[ago(m, op, k) + CLOSE]
    long = math.log(m[CLOSE] / before) if m[SEEN] > k else 0.0
    total = ring_sum(m, at + SPREAD, n, long)
    squares = ring_sum(m, at + SPREAD + n + 2, n, long * long)
    spread = squares / n - (total / n) * (total / n)
    usable = single > 0.0 and spread > NOISE * squares / n
    m[op.out] = 0.5 * math.log(spread / single) / math.log(op.x2) if usable else 0.5
    m[op.out + 1] = spread / (k * single) if usable else 1.0


@step
def rank(m: Row, op: Op) -> None:
    """The share of closes below this one; costs n a bar."""
    below = 0.0
    for back in range(1, op.n1):
        before = m[ago(m, op, back) + CLOSE]
        below += 1.0 if before < m[CLOSE] else (0.5 if before == m[CLOSE] else 0.0)
    m[op.out] = below / (op.n1 - 1.0)


@step
def bounce(m: Row, op: Op) -> None:
    """Roll's spread: what the price jumps to and fro between bid and ask."""
    at, n = op.at, op.n1
    change, last = m[CLOSE] - m[BEFORE], m[at]
    m[at] = change
    product = ring_sum(m, at + 1, n, change * last) / n
    first, second = ring_sum(m, at + n + 3, n, change) / n, ring_sum(m, at + 2 * n + 5, n, last) / n
    shared = product - first * second
    m[op.out] = 20_000.0 * math.sqrt(-shared) / m[CLOSE] if shared < 0.0 else 0.0


FEATURES: Final = (
    Feature(
        name="linreg", update=regression, parameters=(bars(20),),
        outputs=("slope_share", "slope", "value", "forecast", "r_squared"),
        unit="share of the close a bar; price ticks a bar; price ticks; 0 … 1",
        formula="least squares through n closes: its slope, its value now, one bar ahead, and how "
        "much it explains",
        warm=lambda n: n, state=lambda n: LINE, reach=lambda n: n,
    ),
    Feature(
        name="return_shape", update=moments, parameters=(bars(50, low=4),), outputs=("skewness", "kurtosis"),
        unit="deviations", formula="third and fourth moments of n log returns; kurtosis is over the "
        "normal's 3",
        warm=lambda n: n + 1, state=lambda n: 4 * (n + 2),
    ),
    Feature(
        name="autocorrelation", update=autocorrelation, parameters=(bars(50, low=4), bars(1, "lag", 1)),
        unit="−1 … 1", formula="Pearson correlation of n log returns with those `lag` bars before",
        warm=lambda n, k: n + k + 1, state=lambda n, k: PAIR, reach=lambda n, k: n + k,
    ),
    Feature(
        name="hurst", update=hurst, parameters=(bars(100, low=4), bars(10, "step")),
        outputs=("exponent", "variance_ratio"), unit="½ is a random walk; 1 is a random walk",
        formula="ln(σ of k-bar returns / σ of one-bar returns) / ln k over n bars; "
        "variance_ratio = σ² of k-bar returns / (k σ²)",
        warm=lambda n, k: n + k, state=lambda n, k: SPREAD + 2 * n + 4, reach=max,
    ),
    Feature(
        name="rank", update=rank, parameters=(bars(50),), unit="0 … 1",
        formula="share of the n − 1 closes before that lie below this one, equals half; costs n a bar",
        warm=lambda n: n, reach=lambda n: n,
    ),
    Feature(
        name="roll_spread_bps", update=bounce, parameters=(bars(50),), unit="basis points",
        formula="10⁴ × 2 √(−covariance of a change with the one before) / close; 0 if they do not turn back",
        warm=lambda n: n + 2, state=lambda n: 3 * n + 7,
    ),
)  # fmt: skip
"""The family's registry."""
