"""Each feature against its formula, written down once more in plain pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from services.features.catalogue import FEATURES_IN_ORDER
from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from shared.failures import Refused
from shared.time import DAY_NS
from tests.fixtures.feature_tapes import SECOND_NS, random_bars

SPEC = FeatureSpec(interval_ns=5 * SECOND_NS)
BARS = random_bars(120, 3, 8)


def smoothed(values: pd.Series, bars: int, weight: float) -> pd.Series:
    """An exponential average that starts as a plain mean."""
    seeded = values.dropna().reset_index(drop=True).astype(float)
    first = seeded[:bars].mean()
    tail = pd.concat([pd.Series([first]), seeded[bars:]]).ewm(alpha=weight, adjust=False).mean()
    padded = [np.nan] * (len(values) - len(tail)) + tail.tolist()
    return pd.Series(padded)


def formulas(frame: pd.DataFrame) -> pd.DataFrame:
    close = frame["close"].astype(float)
    before = close.shift(1)
    returns = pd.Series(np.log(close / before))
    change = close - before
    rise, fall = smoothed(change.clip(lower=0), 14, 1 / 14), smoothed((-change).clip(lower=0), 14, 1 / 14)
    true_range = pd.Series(np.maximum(frame["high"], before) - np.minimum(frame["low"], before))
    fast, slow = smoothed(close, 12, 2 / 13), smoothed(close, 26, 2 / 27)
    mean, deviation = close.rolling(20).mean(), close.rolling(20).std(ddof=0)
    angle = 2 * np.pi * (frame["event_time_ns"] % DAY_NS) / DAY_NS
    return pd.DataFrame(
        {
            "return_1": returns,
            "return_5": np.log(close / close.shift(5)),
            "return_20": np.log(close / close.shift(20)),
            "sma_distance_20": close / mean - 1,
            "ema_distance_12": close / fast - 1,
            "ema_distance_26": close / slow - 1,
            "macd_12_26": (fast - slow) / close,
            "rsi_14": 100 * rise / (rise + fall),
            "volatility_20": np.sqrt((returns**2).rolling(20).mean()),
            "atr_14": smoothed(true_range, 14, 1 / 14) / close,
            "bollinger_20": (close - mean) / (2 * deviation),
            "volume_ratio_20": frame["volume"] / frame["volume"].rolling(20).mean(),
            "signed_volume": frame["signed_volume"] / frame["volume"],
            "range": (frame["high"] - frame["low"]) / close,
            "body": (close - frame["open"]) / close,
            "session_sine": np.sin(angle),
            "session_cosine": np.cos(angle),
        }
    )


@pytest.mark.parametrize("name", FEATURES_IN_ORDER)
def test_a_feature_is_its_formula(name: str) -> None:
    values = FeatureProcessor(SPEC, 0).learn(BARS)["values"][:, FEATURES_IN_ORDER.index(name)]
    for instrument in (1, 2, 3):
        mine = BARS["instrument"] == instrument
        frame = BARS.to_pandas()[mine].reset_index(drop=True)
        expected = formulas(frame)[name].to_numpy()
        np.testing.assert_allclose(values[mine], expected, rtol=1e-9, atol=1e-12, equal_nan=True)


def test_every_formula_is_tested() -> None:
    assert set(formulas(BARS.to_pandas())) == set(FEATURES_IN_ORDER)


def test_a_vector_holds_the_chosen_features_in_their_order() -> None:
    chosen = FeatureSpec(interval_ns=5 * SECOND_NS, features=("body", "return_1"))
    few = FeatureProcessor(chosen, 0).learn(BARS)
    whole = FeatureProcessor(SPEC, 0).learn(BARS)["values"]
    places = [FEATURES_IN_ORDER.index("body"), FEATURES_IN_ORDER.index("return_1")]
    np.testing.assert_array_equal(few["values"], whole[:, places])
    assert set(few["spec"].tolist()) == {chosen.hash} != {SPEC.hash}


@pytest.mark.parametrize("wrong", [("body", "body"), ("no_such_feature",), ()])
def test_a_specification_of_unknown_or_doubled_features_is_refused(wrong: tuple[str, ...]) -> None:
    with pytest.raises(Refused):
        FeatureSpec(features=wrong)


def test_a_price_that_never_moves_gives_plain_numbers() -> None:
    flat = random_bars(60, 1, 1)
    still = {**flat.columns, **{n: np.full(60, 500) for n in ("open", "high", "low", "close")}}
    still["volume"] = still["signed_volume"] = np.zeros(60, np.int64)
    values = FeatureProcessor(SPEC, 0).learn(flat.stream.block(still, watermark_ns=flat.watermark_ns))
    assert np.isfinite(values["values"][-1]).all()
