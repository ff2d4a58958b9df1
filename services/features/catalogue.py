"""Every feature by name, and the vectors that most will want."""

from __future__ import annotations

from typing import Final

from services.features.indicators import (
    averages,
    bands,
    candles,
    companies,
    cycles,
    news,
    oscillators,
    peers,
    profile,
    regime,
    returns,
    session,
    statistics,
    trend,
    volatility,
    volume,
)
from services.features.registry import SUBJECTS, Choice, choose, choose_of_series

FAMILIES: Final = {
    "Returns and the bar": returns.FEATURES,
    "Averages": averages.FEATURES,
    "Bands": bands.FEATURES,
    "Oscillators": oscillators.FEATURES,
    "Trend": trend.FEATURES,
    "Cycles": cycles.FEATURES,
    "Candle patterns": candles.FEATURES,
    "Volatility": volatility.FEATURES,
    "Volume and flow": volume.FEATURES,
    "Statistics": statistics.FEATURES,
    "Volume profile": profile.FEATURES,
    "Session": session.FEATURES,
    "Regime": regime.FEATURES,
    "Beside the market and the sector": peers.FEATURES,
    "Companies": companies.FEATURES,
    "News": news.FEATURES,
}
FEATURES: Final = tuple(feature for family in FAMILIES.values() for feature in family)
"""The registry."""

BY_NAME: Final = {feature.name: feature for feature in FEATURES}
OF_SERIES: Final = {
    feature.name: feature
    for title in (
        "Returns and the bar", "Averages", "Bands", "Oscillators", "Trend", "Cycles", "Volatility",
        "Statistics", "Regime",
    )
    for feature in FAMILIES[title]
}  # fmt: skip
"""What can be asked of an index too, which has one price and no volume."""


def choice(text: str) -> Choice:
    """The feature that a text asks for."""
    if text.strip().partition(".")[0] in SUBJECTS:
        return choose_of_series(text, OF_SERIES)
    return choose(text, BY_NAME)


STARTER: Final = (
    "return_1",
    "return_5",
    "return_20",
    "sma_distance_20",
    "ema_distance_12",
    "ema_distance_26",
    "macd_12_26_9.share",
    "rsi_14",
    "volatility_20",
    "atr_14.share",
    "bollinger_20_2.position",
    "volume_ratio_20",
    "signed_volume",
    "range",
    "body",
    "session_sine",
    "session_cosine",
    "volatility_ratio_5_20",
    "flow_imbalance_5",
    "efficiency_10",
)
"""Twenty features that are warm after twenty-six bars, for a first model."""

STANDARD: Final = (
    *STARTER,
    "roc_10",
    "acceleration_10",
    "gap",
    "shadow.upper",
    "shadow.lower",
    "close_location",
    "ema_distance_50",
    "sma_cross_10_40",
    "macd_12_26_9.signal",
    "macd_12_26_9.histogram",
    "bollinger_20_2.width",
    "stochastic_14_3_3.k",
    "stochastic_14_3_3.d",
    "mfi_14",
    "adx_14.adx",
    "adx_14.plus",
    "adx_14.minus",
    "parkinson_20",
    "cmf_20",
    "amihud_20",
    "kyle_lambda_50",
    "linreg_20.slope_share",
    "linreg_20.r_squared",
    "drawdown_50",
    "trend_state_20_50",
    "vwap.distance",
    "session_move.return",
)
"""What a model of one's own may want to choose from: the starter's features and the usual rest."""

CONTEXT: Final = (
    *STARTER,
    "market.return_5",
    "market.return_20",
    "market.trend_state_5_20",
    "market.annual_volatility_20_252",
    "market.volatility_regime_5_20_1.25",
    "market.momentum_score_20",
    "vix.close",
    "vix.return_5",
    "relative_return_20.market",
    "relative_return_20.sector",
    "market_beta_20.beta",
    "market_beta_20.correlation",
)
"""The starter's features and what the market did, warm as early: for a desk whose source tells facts."""

SETS: Final = {"starter": STARTER, "standard": STANDARD, "context": CONTEXT}
"""Vectors that have a name."""
