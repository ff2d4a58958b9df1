"""The pieces of the market's law."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.synthetic.grid import around_the_clock
from services.ingest.synthetic.law_kernels import (
    CALM,
    STRESS,
    TREND,
    growth,
    price_at,
    regime_vol,
    uniform,
    weather,
)
from services.ingest.synthetic.market import MarketPlan, SyntheticMarket, normal_table
from shared.mixing_kernels import mixed
from shared.time import DAY_NS, MINUTE_NS


def test_mixing_is_splitmix64() -> None:
    with np.errstate(over="ignore"):
        assert int(mixed(np.uint64(0), np.uint64(0))) == 0xE220A8397B1DCDAF


@given(st.integers(0, (1 << 64) - 1))
def test_a_uniform_number_lies_in_the_half_open_unit_interval(bits: int) -> None:
    assert 0.0 <= uniform(np.uint64(bits)) < 1.0


@given(st.floats(-0.25, 0.25))
def test_growth_is_the_exponential(step: float) -> None:
    assert growth(step) == pytest.approx(math.exp(step), rel=1e-6)


def test_stress_is_louder_than_trend_and_trend_than_calm() -> None:
    assert regime_vol(STRESS) > regime_vol(TREND) > regime_vol(CALM)


def test_every_regime_comes_and_goes() -> None:
    market = SyntheticMarket(MarketPlan(symbols=1))
    seen = np.zeros(3, np.int64)
    with np.errstate(over="ignore"):
        for hour in range(5_000):
            key = np.uint64(mixed(np.uint64(5), np.uint64(hour)))
            weather(market.climate[0], key, 1 / 24, normal_table())
            seen[market.climate["regime"][0]] += 1
    assert (seen > 250).all()


def test_jumps_are_rare_and_large() -> None:
    bars = SyntheticMarket(MarketPlan(symbols=50)).bars(
        around_the_clock(0, MINUTE_NS, 20 * DAY_NS // MINUTE_NS)
    )
    closes = np.log(bars["close"].reshape(-1, 50))
    moves = np.abs(np.diff(closes, axis=0)) / np.diff(closes, axis=0).std(axis=0)
    jumps = int((moves > 10).sum())
    assert 5 <= jumps <= 200


def test_the_line_goes_through_its_marks() -> None:
    marks, values = np.array([0, 2, 4, 9]), np.array([10.0, 20.0, 5.0, 15.0])
    assert [price_at(k, marks, values) for k in (0, 1, 2, 3, 4, 9)] == [10.0, 15.0, 20.0, 12.5, 5.0, 15.0]
