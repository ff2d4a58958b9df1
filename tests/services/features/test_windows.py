"""Windows that move in constant time are what a look at the whole window says, whatever came before."""

from __future__ import annotations

import numpy as np
import pytest

from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from shared.block import Block
from tests.fixtures.feature_tapes import random_bars

LONG = 2_000


def with_closes(closes: np.ndarray) -> Block:
    bars = random_bars(len(closes), 1, 1)
    prices = dict.fromkeys(("open", "high", "low", "close"), closes)
    return bars.stream.block({**bars.columns, **prices}, watermark_ns=bars.watermark_ns)


def value(bars: Block, name: str) -> np.ndarray:
    found: np.ndarray = FeatureProcessor(FeatureSpec(features=(name,)), 0).learn(bars)["values"][:, 0]
    return found


def windows(closes: np.ndarray, bars: int) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(closes.astype(float), bars)


WALK = 50_000 + np.cumsum(np.random.default_rng(3).integers(-40, 41, LONG))
STEPS = np.where(np.arange(LONG) // 300 % 2 == 0, 100, 90_000_000) + np.arange(LONG) % 7
STAIRS = np.r_[np.arange(1, 1_001), np.arange(1_000, 0, -1)] * 3


@pytest.mark.parametrize("closes", [WALK, STEPS, STAIRS], ids=["walk", "jumps", "stairs"])
@pytest.mark.parametrize("bars", [2, 20, 300])
def test_sums_and_extremes_never_drift(closes: np.ndarray, bars: int) -> None:
    whole, tape = windows(closes, bars), with_closes(closes)
    now = closes[bars - 1 :]
    np.testing.assert_allclose(value(tape, f"sma_{bars}")[bars - 1 :], whole.mean(axis=1), rtol=1e-12)
    drawdown = now / whole.max(axis=1) - 1.0
    np.testing.assert_array_equal(value(tape, f"drawdown_{bars}")[bars - 1 :], drawdown)
    np.testing.assert_array_equal(value(tape, f"runup_{bars}")[bars - 1 :], now / whole.min(axis=1) - 1.0)


def test_a_spread_is_exact_where_it_is_small_beside_the_price() -> None:
    closes = 90_000_000 + np.arange(LONG) % 7
    found = value(with_closes(closes), "stdev_20.value")[19:]
    np.testing.assert_allclose(found, windows(closes, 20).std(axis=1), rtol=1e-9)


def test_a_price_that_stands_still_after_a_jump_has_no_spread() -> None:
    closes = np.r_[np.arange(1, 201) * 400_000, np.full(800, 90_000_001)]
    found = value(with_closes(closes), "bollinger_20_2.position")[220:]
    assert not found.any()


def test_of_equal_extremes_the_older_counts() -> None:
    closes = np.array([5, 9, 7, 9, 6, 5, 5, 5])
    assert value(with_closes(closes), "aroon_3.up")[3:].tolist() == [100 / 3, 0.0, 100 / 3, 0.0, 0.0]
