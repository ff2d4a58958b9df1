"""The core of the library against its formulas, written down once more in plain pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from services.features.catalogue import BY_NAME, FAMILIES, FEATURES, SETS, STANDARD, STARTER, choice
from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from shared.time import DAY_NS
from tests.fixtures.fact_tapes import random_facts
from tests.fixtures.feature_tapes import SECOND_NS, random_bars

BARS = random_bars(150, 3, 8)


def smoothed(values: pd.Series, bars: int, weight: float) -> pd.Series:
    """An exponential average that starts as a plain mean."""
    seeded = values.dropna().reset_index(drop=True).astype(float)
    first = seeded[:bars].mean()
    tail = pd.concat([pd.Series([first]), seeded[bars:]]).ewm(alpha=weight, adjust=False).mean()
    padded = [np.nan] * (len(values) - len(tail)) + tail.tolist()
    return pd.Series(padded)


def standard_moment(window: pd.Series, order: int) -> float:
    return float(((window - window.mean()) ** order).mean() / window.std(ddof=0) ** order)


def share_below(window: pd.Series) -> float:
    before, now = window[:-1], window.iloc[-1]
    return float(((before < now).sum() + 0.5 * (before == now).sum()) / (len(window) - 1))


def straight(close: pd.Series, what: str) -> pd.Series:
    """Least squares through twenty closes."""

    def fit(window: pd.Series) -> float:
        slope, start = np.polyfit(np.arange(20), window, 1)
        explained = np.corrcoef(np.arange(20), window)[0, 1] ** 2
        return float({"slope": slope, "value": start + 19 * slope, "r_squared": explained}[what])

    return close.rolling(20).apply(fit)


def formulas(frame: pd.DataFrame) -> dict[str, pd.Series]:
    return {**of_prices(frame), **of_returns(frame), **of_volume(frame)}


def of_prices(frame: pd.DataFrame) -> dict[str, pd.Series]:
    high, low, close = (frame[n].astype(float) for n in ("high", "low", "close"))
    before, typical, change = close.shift(1), (high + low + close) / 3, close.diff()
    rise, fall = smoothed(change.clip(lower=0), 14, 1 / 14), smoothed((-change).clip(lower=0), 14, 1 / 14)
    true_range = pd.Series(np.maximum(high, before) - np.minimum(low, before)).where(before.notna())
    fast, slow = smoothed(close, 12, 2 / 13), smoothed(close, 26, 2 / 27)
    mean, deviation = close.rolling(20).mean(), close.rolling(20).std(ddof=0)
    highest, lowest = high.rolling(14).max(), low.rolling(14).min()
    raw = 100 * (close - lowest) / (highest - lowest)
    return {
        "roc_14": 100 * (close / close.shift(14) - 1),
        "sma_20": mean,
        "sma_distance_20": close / mean - 1,
        "ema_20": smoothed(close, 20, 2 / 21),
        "ema_distance_12": close / fast - 1,
        "ema_distance_26": close / slow - 1,
        "wma_14": close.rolling(14).apply(lambda w: float(np.average(w, weights=np.arange(1, 15)))),
        "macd_12_26_9.share": (fast - slow) / close,
        "macd_12_26_9.signal": smoothed(fast - slow, 9, 0.2),
        "rsi_14": 100 * rise / (rise + fall),
        "stochastic_14_3_3.k": raw.rolling(3).mean(),
        "stochastic_14_3_3.d": raw.rolling(3).mean().rolling(3).mean(),
        "williams_14": raw - 100,
        "cci_20": typical.rolling(20).apply(
            lambda w: float((w.iloc[-1] - w.mean()) / (0.015 * (w - w.mean()).abs().mean()))
        ),
        "atr_14.share": smoothed(true_range, 14, 1 / 14) / close,
        "bollinger_20_2.position": (close - mean) / (2 * deviation),
        "bollinger_20_2.width": 4 * deviation / mean,
        "donchian_20.upper": high.rolling(20).max().shift(1),
        "donchian_20.lower": low.rolling(20).min().shift(1),
        "linreg_20.slope": straight(close, "slope"),
        "linreg_20.value": straight(close, "value"),
        "linreg_20.r_squared": straight(close, "r_squared"),
        "rank_50": close.rolling(50).apply(share_below),
        "drawdown_50": close / close.rolling(50).max() - 1,
        "choppiness_14": 100 * np.log10(true_range.rolling(14).sum() / (highest - lowest)) / np.log10(14),
        "efficiency_10": (close - close.shift(10)) / change.abs().rolling(10).sum(),
    }


def of_returns(frame: pd.DataFrame) -> dict[str, pd.Series]:
    high, low, open_, close = (frame[n].astype(float) for n in ("high", "low", "open", "close"))
    returns = pd.Series(np.log(close / close.shift(1)))
    spread, body = pd.Series(np.log(high / low)), pd.Series(np.log(close / open_))
    within = 0.5 * spread**2 - (2 * np.log(2) - 1) * body**2
    short, long = (returns**2).rolling(5).mean(), (returns**2).rolling(20).mean()
    angle = 2 * np.pi * (frame["event_time_ns"] % DAY_NS) / DAY_NS
    return {
        "return_1": returns,
        "return_5": pd.Series(np.log(close / close.shift(5))),
        "return_20": pd.Series(np.log(close / close.shift(20))),
        "skip_momentum_60_10": pd.Series(np.log(close.shift(10) / close.shift(60))),
        "volatility_20": pd.Series(np.sqrt(long)),
        "volatility_ratio_5_20": pd.Series(np.sqrt(short / long)),
        "annual_volatility_20_252": returns.rolling(20).std() * np.sqrt(252),
        "parkinson_20": pd.Series(np.sqrt((spread**2).rolling(20).mean() / (4 * np.log(2)))),
        "garman_klass_20": pd.Series(np.sqrt(within.rolling(20).mean())),
        "autocorrelation_50_1": returns.rolling(50).corr(returns.shift(1)),
        "return_shape_50.skewness": returns.rolling(50).apply(standard_moment, args=(3,)),
        "return_shape_50.kurtosis": returns.rolling(50).apply(standard_moment, args=(4,)) - 3,
        "range": (high - low) / close,
        "body": (close - open_) / close,
        "session_sine": np.sin(angle),
        "session_cosine": np.cos(angle),
    }


def of_volume(frame: pd.DataFrame) -> dict[str, pd.Series]:
    high, low, close, volume = (frame[n].astype(float) for n in ("high", "low", "close", "volume"))
    delta, typical = frame["signed_volume"].astype(float), (high + low + close) / 3
    returns, known = pd.Series(np.log(close / close.shift(1))), close.shift(1).notna()
    money = typical * volume
    gained = money.where(typical > typical.shift(1), 0).where(known)
    lost = money.where(typical < typical.shift(1), 0).where(known)
    located = volume * (2 * close - high - low) / (high - low)
    return {
        "mfi_14": 100 * gained.rolling(14).sum() / (gained.rolling(14).sum() + lost.rolling(14).sum()),
        "volume_sma_20": volume.rolling(20).mean(),
        "volume_ratio_20": volume / volume.rolling(20).mean(),
        "delta": delta,
        "signed_volume": delta / volume,
        "flow_imbalance_5": delta.rolling(5).sum() / volume.rolling(5).sum(),
        "cmf_20": located.rolling(20).sum() / volume.rolling(20).sum(),
        "kyle_lambda_50": 1e6 * returns.rolling(50).cov(delta, ddof=0) / delta.rolling(50).var(ddof=0),
        "amihud_20": (1e6 * returns.abs() / (frame["vwap"] * volume)).rolling(20).mean(),
    }


EXPECTED = [formulas(BARS.to_pandas()[BARS["instrument"] == i].reset_index(drop=True)) for i in (1, 2, 3)]


@pytest.mark.parametrize("name", EXPECTED[0])
def test_a_feature_is_its_formula(name: str) -> None:
    spec = FeatureSpec(features=(name,))
    values = FeatureProcessor(spec, 0).learn(BARS)["values"][:, 0]
    for instrument, expected in zip((1, 2, 3), EXPECTED, strict=True):
        found = values[BARS["instrument"] == instrument]
        np.testing.assert_allclose(found, expected[name].to_numpy(), rtol=1e-9, atol=1e-12, equal_nan=True)


def test_every_feature_of_the_starter_is_checked_by_its_formula() -> None:
    assert set(STARTER) <= set(EXPECTED[0])


def test_a_vector_holds_the_chosen_features_in_their_order() -> None:
    few = FeatureProcessor(FeatureSpec(features=("body", "return_1")), 0).learn(BARS)
    whole = FeatureProcessor(FeatureSpec(), 0).learn(BARS)["values"]
    places = [STARTER.index(name) for name in ("body", "return_1")]
    np.testing.assert_array_equal(few["values"], whole[:, places])
    assert set(few["spec"].tolist()) == {FeatureSpec(features=("body", "return_1")).hash}


def test_a_feature_has_one_name_and_one_line() -> None:
    assert len(BY_NAME) == len(FEATURES) == sum(len(family) for family in FAMILIES.values()) >= 80


@pytest.mark.parametrize("name", SETS)
def test_a_named_vector_is_spelled_as_the_registry_spells_it(name: str) -> None:
    assert [choice(text).name for text in SETS[name]] == list(SETS[name])
    assert len(set(SETS[name])) == len(SETS[name])


def test_the_standard_vector_has_forty_features_and_the_starter_s_first() -> None:
    assert len(STANDARD) >= 40
    assert STANDARD[: len(STARTER)] == STARTER


def test_a_price_that_never_moves_gives_plain_numbers() -> None:
    flat = random_bars(300, 1, 1)
    still = {**flat.columns, **{n: np.full(300, 500) for n in ("open", "high", "low", "close")}}
    still["vwap"] = np.full(300, 500.0)
    still["volume"] = still["signed_volume"] = still["trades"] = np.zeros(300, np.int64)
    every = tuple(choice(feature.name).name for feature in FEATURES if feature.name != "pivot")
    processor = FeatureProcessor(FeatureSpec(features=every, session_ns=60 * SECOND_NS), 0)
    processor.handle(random_facts(flat, 2))
    values = processor.learn(flat.stream.block(still, watermark_ns=flat.watermark_ns))["values"]
    assert [name for name, value in zip(every, values[-1], strict=True) if not np.isfinite(value)] == []
