"""Beside the market and the sector: what a price does that they do not, and how closely it follows them."""

from __future__ import annotations

import math
from typing import Final

from services.features.registry import Feature, bars
from services.features.rings import ring_pair, ring_sum
from services.features.row import MARKET, RATE, RETURN, SECTOR, Op, Row, ratio
from services.features.windows import PAIR, correlation, covariance, variance_of
from shared.kernels import part, step


@step
def relative_return(m: Row, op: Op) -> None:
    """The own return less the market's and less the sector's over the same bars."""
    places = op.n1 + 3
    m[op.out] = lead(m, op.at, op.n1, MARKET)
    m[op.out + 1] = lead(m, op.at + places, op.n1, SECTOR)


@part
def move(m: Row, peer: int) -> float:
    """The peer's return since the bar before; NaN if it was not known at both."""
    return math.log(m[peer] / m[peer + 1]) if m[peer] > 0.0 and m[peer + 1] > 0.0 else math.nan


@part
def lead(m: Row, at: int, length: int, peer: int) -> float:
    """By how much the own returns exceed the peer's; keeps length + 3 places, begins anew after a gap."""
    ahead = m[RETURN] - move(m, peer)
    if math.isnan(ahead):
        m[at] = 0.0
        return math.nan
    m[at] += 1.0
    total = ring_sum(m, at + 1, length, ahead)
    return total if m[at] >= length else math.nan


@step
def beside_market(m: Row, op: Op) -> None:
    """How the own returns follow the market's."""
    follow(m, op, MARKET)


@step
def beside_sector(m: Row, op: Op) -> None:
    """How the own returns follow the sector's."""
    follow(m, op, SECTOR)


@part
def follow(m: Row, op: Op, peer: int) -> None:
    """Slope, correlation and what is left over; keeps 2 n + 1 + PAIR places, begins anew after a gap."""
    at, n = op.at, op.n1
    theirs = move(m, peer)
    if math.isnan(theirs):
        m[at] = 0.0
    else:
        m[at] += 1.0
        ring_pair(m, at + 1, n, m[RETURN], theirs)
    if m[at] < n:
        m[op.out] = m[op.out + 1] = m[op.out + 2] = math.nan
        return
    slope = ratio(covariance(m, at + 1, n), variance_of(m, at + 1, n, 1), 0.0)
    close = correlation(m, at + 1, n)
    m[op.out], m[op.out + 1] = slope, close
    m[op.out + 2] = math.sqrt(variance_of(m, at + 1, n, 0) * max(1.0 - close * close, 0.0))


@step
def treasury_yield(m: Row, op: Op) -> None:
    """What government bonds yield."""
    m[op.out] = m[RATE]


FOLLOWS: Final = (
    "beta = covariance / the other's variance, correlation of n log returns; residual = deviation of what "
    "beta does not explain; NaN until the other was known n bars in a row"
)
FEATURES: Final = (
    Feature(
        name="relative_return", update=relative_return, parameters=(bars(20, low=1),),
        outputs=("market", "sector"), unit="log return",
        formula="own return of n bars − the market's (the sector's) between the same closes; NaN until it "
        "was known n bars in a row",
        warm=lambda n: n + 1, state=lambda n: 2 * (n + 3), peers=True,
    ),
    Feature(
        name="market_beta", update=beside_market, parameters=(bars(60, low=3),),
        outputs=("beta", "correlation", "residual"), unit="ratio; −1 … 1; log return a bar",
        formula=FOLLOWS, warm=lambda n: n + 1, state=lambda n: 2 * n + 1 + PAIR, peers=True,
    ),
    Feature(
        name="sector_beta", update=beside_sector, parameters=(bars(60, low=3),),
        outputs=("beta", "correlation", "residual"), unit="ratio; −1 … 1; log return a bar",
        formula=FOLLOWS, warm=lambda n: n + 1, state=lambda n: 2 * n + 1 + PAIR, peers=True,
    ),
    Feature(
        name="treasury_yield", update=treasury_yield, unit="share a year",
        formula="the yield of government bonds that was told last", peers=True,
    ),
)  # fmt: skip
"""The family's registry."""
