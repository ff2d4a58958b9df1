"""The synthetic market: what it promises about itself, measured."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.synthetic.grid import around_the_clock
from services.ingest.synthetic.market import (
    PLANTED_IC,
    TICKS_A_DOLLAR,
    MarketPlan,
    SyntheticMarket,
    Truth,
    imbalance_signal,
    instruments_of,
    normal_table,
    stretches,
    symbol_of,
)
from shared.block import Block, join
from shared.market import SECTORS
from shared.time import DAY_NS, MINUTE_NS, SECOND_NS
from tests.fixtures.markets import START_NS, same_rows

Array = npt.NDArray[Any]
DAYS = 4
BARS_A_DAY = DAY_NS // (5 * SECOND_NS)


def made(planted_ic: float) -> tuple[Block, Truth]:
    market = SyntheticMarket(MarketPlan(planted_ic=planted_ic))
    return market.bars_and_truth(
        around_the_clock(START_NS // DAY_NS * DAY_NS, 5 * SECOND_NS, DAYS * BARS_A_DAY)
    )


@pytest.fixture(scope="module")
def days() -> tuple[Block, Truth]:
    return made(PLANTED_IC)


def by_instrument(bars: Block, name: str) -> Array:
    return bars[name].reshape(-1, 50)


def returns(bars: Block) -> Array:
    return np.diff(np.log(by_instrument(bars, "close")), axis=0)


def interval(signal: Array, outcome: Array) -> tuple[float, float]:
    """A correlation's interval of four standard errors."""
    found = float(np.corrcoef(signal.ravel(), outcome.ravel())[0, 1])
    error = 4.0 / np.sqrt(signal.size)
    return found - error, found + error


def test_the_oracle_knows_exactly_what_was_planted(days: tuple[Block, Truth]) -> None:
    _, truth = days
    low, high = interval(truth.signal[:-1], truth.surprise[1:])
    assert low < PLANTED_IC < high
    assert high - low < 0.01


def test_everyone_can_measure_the_signal_from_bars(days: tuple[Block, Truth]) -> None:
    bars, truth = days
    signal = imbalance_signal(bars).reshape(-1, 50)
    assert np.corrcoef(signal.ravel(), truth.signal.ravel())[0, 1] > 0.999
    low, high = interval(signal[:-1], truth.surprise[1:])
    assert low < PLANTED_IC < high


def test_the_signal_is_gone_after_one_bar(days: tuple[Block, Truth]) -> None:
    _, truth = days
    for lag in (2, 3):
        low, high = interval(truth.signal[:-lag], truth.surprise[lag:])
        assert low < 0 < high


def test_own_returns_do_not_predict_themselves(days: tuple[Block, Truth]) -> None:
    _, truth = days
    low, high = interval(truth.surprise[:-1], truth.surprise[1:])
    assert low < 0 < high


def test_closes_rounded_to_ticks_do_not_bounce(days: tuple[Block, Truth]) -> None:
    moves = returns(days[0])
    standard = (moves - moves.mean(axis=0)) / moves.std(axis=0)
    each = (standard[:-1] * standard[1:]).mean(axis=0)
    assert np.abs(each).max() < 5.0 / np.sqrt(len(moves))
    assert abs(each.mean()) < 0.004


def test_nobody_who_trades_the_whole_return_finds_more_than_was_planted(days: tuple[Block, Truth]) -> None:
    bars, _ = days
    signal, moves = imbalance_signal(bars).reshape(-1, 50), returns(bars)
    low, high = interval(signal[:-1], moves / moves.std(axis=0))
    assert low > 0.02
    assert high < PLANTED_IC + 0.001


def test_a_market_without_planting_cannot_be_predicted() -> None:
    _, truth = made(0.0)
    low, high = interval(truth.signal[:-1], truth.surprise[1:])
    assert low < 0 < high
    assert high < PLANTED_IC


def test_instruments_of_one_sector_move_together_more_than_others(days: tuple[Block, Truth]) -> None:
    bars, _ = days
    minutes = np.add.reduceat(returns(bars), np.arange(0, DAYS * BARS_A_DAY - 1, 12), axis=0)
    correlation = np.corrcoef(minutes.T)
    sector = np.arange(50) % len(SECTORS)
    same = (sector[:, None] == sector[None, :]) & ~np.eye(50, dtype=bool)
    other = sector[:, None] != sector[None, :]
    assert correlation[other].mean() > 0.05
    assert correlation[same].mean() > correlation[other].mean() + 0.03
    assert (correlation[other] > 0).mean() > 0.95


def test_volatility_comes_in_clusters(days: tuple[Block, Truth]) -> None:
    bars, _ = days
    minutes = np.abs(np.add.reduceat(returns(bars), np.arange(0, DAYS * BARS_A_DAY - 1, 12), axis=0))
    levels = minutes - minutes.mean(axis=0)
    correlations = (levels[:-1] * levels[1:]).sum(axis=0) / (levels * levels).sum(axis=0)
    assert correlations.mean() > 0.05


def test_the_ends_of_a_session_are_busier_than_its_middle(days: tuple[Block, Truth]) -> None:
    bars, _ = days
    volume = by_instrument(bars, "volume").sum(axis=1).reshape(DAYS, 24, -1).mean(axis=(0, 2))
    middle = volume[10:14].mean()
    assert volume[0] > 1.4 * middle
    assert volume[-1] > 1.4 * middle


def test_returns_have_fat_tails(days: tuple[Block, Truth]) -> None:
    bars, _ = days
    minutes = np.add.reduceat(returns(bars), np.arange(0, DAYS * BARS_A_DAY - 1, 12), axis=0)
    standard = (minutes - minutes.mean(axis=0)) / minutes.std(axis=0)
    assert (standard**4).mean() > 4.0


def test_the_spread_is_wider_where_volatility_is_high(days: tuple[Block, Truth]) -> None:
    bars, _ = days
    move = np.abs(returns(bars))[: 12 * 1440 * DAYS - 12].reshape(-1, 12, 50).mean(axis=1)
    spread = (
        ((by_instrument(bars, "ask") - by_instrument(bars, "bid"))[1:] / by_instrument(bars, "close")[1:])[
            : 12 * 1440 * DAYS - 12
        ]
        .reshape(-1, 12, 50)
        .mean(axis=1)
    )
    correlations = [np.corrcoef(move[:, i], spread[:, i])[0, 1] for i in range(50)]
    assert np.mean(correlations) > 0.1


def test_a_bar_contradicts_itself_nowhere(days: tuple[Block, Truth]) -> None:
    bars, _ = days
    first, last = np.minimum(bars["open"], bars["close"]), np.maximum(bars["open"], bars["close"])
    assert (bars["low"] <= first).all()
    assert (bars["high"] >= last).all()
    assert (bars["low"] > 0).all()
    assert (bars["bid"] < bars["ask"]).all()
    assert (np.abs(bars["signed_volume"]) <= bars["volume"]).all()
    assert (bars["volume"] >= bars["trades"]).all()


def test_each_bar_opens_where_the_last_one_closed(days: tuple[Block, Truth]) -> None:
    bars, _ = days
    assert (by_instrument(bars, "open")[1:] == by_instrument(bars, "close")[:-1]).all()


def test_rows_are_sorted_by_close_and_instrument(days: tuple[Block, Truth]) -> None:
    bars, _ = days
    order = np.lexsort((bars["instrument"], bars["event_time_ns"]))
    assert (order == np.arange(len(bars))).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1 << 62), st.lists(st.integers(1, 40), min_size=1, max_size=5))
def test_a_history_does_not_depend_on_how_it_is_cut(seed: int, cuts: list[int]) -> None:
    plan = MarketPlan(seed=seed, symbols=3)
    grid = around_the_clock(START_NS, MINUTE_NS, sum(cuts))
    market, parts, start = SyntheticMarket(plan), [], 0
    for bars in cuts:
        parts.append(market.bars(grid.rows(start, start + bars)))
        start += bars
    assert same_rows(join(parts), SyntheticMarket(plan).bars(grid))
    assert same_rows(join([bars for bars, _ in stretches(SyntheticMarket(plan), grid, 7)]), join(parts))


def test_another_seed_makes_another_market() -> None:
    grid = around_the_clock(START_NS, MINUTE_NS, 10)
    one = SyntheticMarket(MarketPlan(seed=1)).bars(grid)
    other = SyntheticMarket(MarketPlan(seed=2)).bars(grid)
    assert not same_rows(one, other)


def test_a_copy_goes_on_like_its_twin() -> None:
    market = SyntheticMarket(MarketPlan(symbols=3))
    market.bars(around_the_clock(START_NS, MINUTE_NS, 10))
    grid = around_the_clock(START_NS + 10 * MINUTE_NS, MINUTE_NS, 10)
    assert same_rows(market.copy().bars(grid), market.bars(grid))


@pytest.mark.parametrize("symbols", [1, 50, 500, 5000])
def test_symbols_are_unlike_each_other_and_cover_the_sectors(symbols: int) -> None:
    assert len({symbol_of(place) for place in range(symbols)}) == symbols
    rows = list(instruments_of(MarketPlan(symbols=min(symbols, 500))))
    assert len({row.sector for row in rows}) == min(symbols, len(SECTORS))


def test_prices_start_between_five_and_five_hundred_dollars() -> None:
    closes = SyntheticMarket(MarketPlan(symbols=500)).state["close"]
    assert closes.min() >= 5 * TICKS_A_DOLLAR
    assert closes.max() <= 500 * TICKS_A_DOLLAR


def test_the_table_of_normals_has_mean_zero_and_variance_one() -> None:
    assert abs(normal_table().mean()) < 1e-12
    assert abs(normal_table().std() - 1.0) < 1e-12
