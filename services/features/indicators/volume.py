"""How much was traded, and which way."""

from __future__ import annotations

import math
from typing import Final

from services.features.registry import WHOLE_HISTORY, Feature, bars
from services.features.rings import ring_sum
from services.features.row import (
    ASK,
    BEFORE,
    BID,
    CLOSE,
    DELTA,
    HIGH,
    LOW,
    RETURN,
    SEEN,
    TRADES,
    VOLUME,
    VWAP,
    Op,
    Row,
    ratio,
)
from services.features.smoothing import FADING, ema, ema_forgets, followed
from services.features.windows import (
    PAIR,
    SPREAD,
    SUM,
    correlation,
    covariance,
    variance_of,
    window_pair,
    window_spread,
    window_sum,
)
from shared.kernels import part, step

MILLION: Final = 1e6


@step
def mean_volume(m: Row, op: Op) -> None:
    """The mean volume."""
    m[op.out] = window_sum(m, op, op.at, op.n1, VOLUME) / op.n1


@step
def volume_ratio(m: Row, op: Op) -> None:
    """The bar's volume over the usual."""
    m[op.out] = ratio(m[VOLUME] * op.n1, window_sum(m, op, op.at, op.n1, VOLUME), 1.0)


@step
def volume_surprise(m: Row, op: Op) -> None:
    """The bar's volume in deviations from the usual."""
    mean, variance = window_spread(m, op, op.at, op.n1, VOLUME)
    m[op.out] = ratio(m[VOLUME] - mean, math.sqrt(variance), 0.0)


@step
def delta(m: Row, op: Op) -> None:
    """Lots bought less lots sold."""
    m[op.out] = m[DELTA]


@step
def signed_volume(m: Row, op: Op) -> None:
    """Lots bought less lots sold, as a share."""
    m[op.out] = ratio(m[DELTA], m[VOLUME], 0.0)


@step
def flow_imbalance(m: Row, op: Op) -> None:
    """Lots bought less lots sold over some bars, as a share."""
    bought = window_sum(m, op, op.at, op.n1, DELTA)
    m[op.out] = ratio(bought, window_sum(m, op, op.at + SUM, op.n1, VOLUME), 0.0)


@step
def toxicity(m: Row, op: Op) -> None:
    """How one-sided the flow of each bar was, whichever side."""
    one_sided = ring_sum(m, op.at, op.n1, abs(m[DELTA]))
    m[op.out] = ratio(one_sided, window_sum(m, op, op.at + op.n1 + 2, op.n1, VOLUME), 0.0)


@step
def on_balance(m: Row, op: Op) -> None:
    """Volume added when the close rose and taken away when it fell."""
    m[op.at] += signed_by_close(m)
    m[op.out] = m[op.at]


@part
def signed_by_close(m: Row) -> float:
    """Volume with the sign of the close's change."""
    change = m[CLOSE] - m[BEFORE]
    return m[VOLUME] if change > 0.0 else (-m[VOLUME] if change < 0.0 else 0.0)


@step
def on_balance_share(m: Row, op: Op) -> None:
    """On-balance volume of a window, as a share of all."""
    signed = ring_sum(m, op.at, op.n1, signed_by_close(m))
    m[op.out] = ratio(signed, window_sum(m, op, op.at + op.n1 + 2, op.n1, VOLUME), 0.0)


@part
def located(m: Row) -> float:
    """Volume with the place of the close in the bar's range, from all sold to all bought."""
    return m[VOLUME] * ratio((m[CLOSE] - m[LOW]) - (m[HIGH] - m[CLOSE]), m[HIGH] - m[LOW], 0.0)


@step
def accumulation(m: Row, op: Op) -> None:
    """Located volume added up."""
    m[op.at] += located(m)
    m[op.out] = m[op.at]


@step
def accumulation_oscillator(m: Row, op: Op) -> None:
    """A fast average of the accumulation line less a slow one."""
    at = op.at
    m[at] += located(m)
    fast = followed(m, at + 1, 2.0 / (op.n1 + 1.0), m[at])
    m[op.out] = fast - followed(m, at + 1 + FADING, 2.0 / (op.n2 + 1.0), m[at])


@step
def money_flow_share(m: Row, op: Op) -> None:
    """Located volume of a window, as a share of all."""
    flow = ring_sum(m, op.at, op.n1, located(m))
    m[op.out] = ratio(flow, window_sum(m, op, op.at + op.n1 + 2, op.n1, VOLUME), 0.0)


@step
def force(m: Row, op: Op) -> None:
    """The average of changes weighted by volume."""
    if m[SEEN] > 1.0:
        m[op.out] = ema(m, op.at, op.n1, (m[CLOSE] - m[BEFORE]) * m[VOLUME])


@step
def price_volume_trend(m: Row, op: Op) -> None:
    """Relative changes weighted by volume, as a share of all volume."""
    flow = ring_sum(m, op.at, op.n1, m[VOLUME] * (m[CLOSE] / m[BEFORE] - 1.0))
    m[op.out] = ratio(flow, window_sum(m, op, op.at + op.n1 + 2, op.n1, VOLUME), 0.0)


@step
def window_vwap(m: Row, op: Op) -> None:
    """The close over the mean price that was paid."""
    money = ring_sum(m, op.at, op.n1, m[VWAP] * m[VOLUME])
    volume = window_sum(m, op, op.at + op.n1 + 2, op.n1, VOLUME)
    m[op.out] = m[CLOSE] / ratio(money, volume, m[CLOSE]) - 1.0


@step
def illiquidity(m: Row, op: Op) -> None:
    """Amihud's measure: how far a traded million moves the price."""
    money = m[VWAP] * m[VOLUME]
    m[op.out] = ring_sum(m, op.at, op.n1, ratio(MILLION * abs(m[RETURN]), money, 0.0)) / op.n1


@step
def impact(m: Row, op: Op) -> None:
    """Kyle's lambda: the slope of returns on signed volume."""
    window_pair(m, op, op.at, op.n1, 0, (RETURN, DELTA))
    spread = variance_of(m, op.at, op.n1, 1)
    m[op.out] = ratio(MILLION * covariance(m, op.at, op.n1), spread, 0.0)


@step
def price_volume_correlation(m: Row, op: Op) -> None:
    """Whether volume comes with rises."""
    window_pair(m, op, op.at, op.n1, 0, (RETURN, VOLUME))
    m[op.out] = correlation(m, op.at, op.n1)


@step
def quoted_spread(m: Row, op: Op) -> None:
    """The spread between the best prices at the close."""
    quoted = m[BID] > 0.0 and m[ASK] > 0.0
    m[op.out] = 20_000.0 * (m[ASK] - m[BID]) / (m[ASK] + m[BID]) if quoted else 0.0


@step
def trade_count(m: Row, op: Op) -> None:
    """The bar's trades over the usual number."""
    usual = ring_sum(m, op.at, op.n1, m[TRADES])
    m[op.out] = ratio(m[TRADES] * op.n1, usual, 1.0)


@step
def trade_size(m: Row, op: Op) -> None:
    """The bar's mean trade over the window's."""
    trades = ring_sum(m, op.at, op.n1, m[TRADES])
    usual = ratio(window_sum(m, op, op.at + op.n1 + 2, op.n1, VOLUME), trades, 0.0)
    m[op.out] = ratio(ratio(m[VOLUME], m[TRADES], usual), usual, 1.0)


FEATURES: Final = (
    Feature(
        name="volume_sma", update=mean_volume, parameters=(bars(20, low=1),), unit="lots",
        formula="mean volume of n bars", warm=lambda n: n, state=lambda n: SUM, reach=lambda n: n,
    ),
    Feature(
        name="volume_ratio", update=volume_ratio, parameters=(bars(20, low=1),), unit="ratio",
        formula="volume / volume_sma(n); 1 if nothing traded",
        warm=lambda n: n, state=lambda n: SUM, reach=lambda n: n,
    ),
    Feature(
        name="volume_zscore", update=volume_surprise, parameters=(bars(20),), unit="deviations",
        formula="(volume − mean) / population deviation of n volumes",
        warm=lambda n: n, state=lambda n: SPREAD, reach=lambda n: n,
    ),
    Feature(name="delta", update=delta, unit="lots", formula="lots bought − lots sold by the aggressor"),
    Feature(
        name="signed_volume", update=signed_volume, unit="−1 … 1",
        formula="delta / volume; 0 if nothing traded",
    ),
    Feature(
        name="flow_imbalance", update=flow_imbalance, parameters=(bars(20),), unit="−1 … 1",
        formula="sum of delta / sum of volume over n bars",
        warm=lambda n: n, state=lambda n: 2 * SUM, reach=lambda n: n,
    ),
    Feature(
        name="vpin", update=toxicity, parameters=(bars(50),), unit="0 … 1",
        formula="sum of |delta| / sum of volume over n bars; with volume bars the usual measure",
        warm=lambda n: n, state=lambda n: n + 2 + SUM, reach=lambda n: n,
    ),
    Feature(
        name="obv", update=on_balance, unit="lots", state=lambda: 1, forgets=WHOLE_HISTORY,
        formula="volume summed with the sign of the close's change, from the start",
    ),
    Feature(
        name="obv_share", update=on_balance_share, parameters=(bars(20),), unit="−1 … 1",
        formula="volume with the sign of the close's change / volume, sums of n bars",
        warm=lambda n: n + 1, state=lambda n: n + 2 + SUM, reach=lambda n: n,
    ),
    Feature(
        name="ad", update=accumulation, unit="lots", state=lambda: 1, forgets=WHOLE_HISTORY,
        formula="sum of volume × (2 close − high − low) / (high − low), from the start",
    ),
    Feature(
        name="chaikin", update=accumulation_oscillator, parameters=(bars(3, "fast"), bars(10, "slow")),
        unit="lots", formula="fast − slow average of ad, each starting at its first value",
        warm=max, state=lambda f, s: 1 + 2 * FADING,
        forgets=lambda f, s: 2 * max(ema_forgets(f), ema_forgets(s)),
    ),
    Feature(
        name="cmf", update=money_flow_share, parameters=(bars(20),), unit="−1 … 1",
        formula="sum of volume × (2 close − high − low) / (high − low) over the sum of volume, n bars",
        warm=lambda n: n, state=lambda n: n + 2 + SUM, reach=lambda n: n,
    ),
    Feature(
        name="force", update=force, parameters=(bars(13, low=1),), unit="price ticks × lots",
        formula="ema(n) of (close − close before) × volume",
        warm=lambda n: n + 1, state=lambda n: FADING, forgets=ema_forgets,
    ),
    Feature(
        name="pvt_share", update=price_volume_trend, parameters=(bars(20),), unit="share",
        formula="sum of volume × relative change / sum of volume over n bars",
        warm=lambda n: n + 1, state=lambda n: n + 2 + SUM, reach=lambda n: n,
    ),
    Feature(
        name="rolling_vwap_distance", update=window_vwap, parameters=(bars(20, low=1),), unit="share",
        formula="close / (sum of vwap × volume / sum of volume over n bars) − 1",
        warm=lambda n: n, state=lambda n: n + 2 + SUM, reach=lambda n: n,
    ),
    Feature(
        name="amihud", update=illiquidity, parameters=(bars(20),), unit="log return a million tick lots",
        formula="mean over n bars of 10⁶ |log return| / (vwap × volume); a bar without volume counts 0",
        warm=lambda n: n + 1, state=lambda n: n + 2,
    ),
    Feature(
        name="kyle_lambda", update=impact, parameters=(bars(50),), unit="log return a million lots",
        formula="10⁶ × covariance of log return and delta / variance of delta, n bars",
        warm=lambda n: n + 1, state=lambda n: PAIR, reach=lambda n: n,
    ),
    Feature(
        name="price_volume_correlation", update=price_volume_correlation, parameters=(bars(20),),
        unit="−1 … 1", formula="Pearson correlation of log return and volume, n bars",
        warm=lambda n: n + 1, state=lambda n: PAIR, reach=lambda n: n,
    ),
    Feature(
        name="spread_bps", update=quoted_spread, unit="basis points",
        formula="10⁴ (ask − bid) / middle at the close; 0 if not quoted on both sides",
    ),
    Feature(
        name="trades_ratio", update=trade_count, parameters=(bars(20),), unit="ratio",
        formula="trades / mean trades of n bars; 1 if none",
        warm=lambda n: n, state=lambda n: n + 2,
    ),
    Feature(
        name="trade_size_ratio", update=trade_size, parameters=(bars(20),), unit="ratio",
        formula="mean size of the bar's trades / mean size of n bars' trades; 1 if none",
        warm=lambda n: n, state=lambda n: n + 2 + SUM, reach=lambda n: n,
    ),
)  # fmt: skip
"""The family's registry."""
