"""Books are paid for: what they earn is what they held, less what they traded."""

from __future__ import annotations

import numpy as np
import pytest

from research.dataset.examples import Examples
from research.scores.books import BEYOND, Books, Costs, books, earned
from research.scores.sleeves import BOTH, EQUAL, HELD, TOP
from shared.time import DAY_NS

FREE = Costs(commission_bps=0.0, half_spread_bps=0.0)
MOMENTS, NAMES = 300, 20


def rows(returns: np.ndarray, held: int = 1) -> Examples:
    """A row a moment and instrument; each return is known `held` moments later."""
    moments, names = returns.shape
    times = np.repeat(np.arange(moments) * DAY_NS, names)
    return Examples(
        ("nothing",),
        np.zeros((times.size, 1)),
        times,
        np.tile(np.arange(names, dtype=np.int32), moments),
        np.zeros(times.size, np.int8),
        np.log1p(returns.ravel()),
        times + held * DAY_NS,
    )


def of(tested: Examples, said: np.ndarray, costs: Costs = FREE) -> Books:
    """The books of these opinions, the only ones that were tried."""
    return books(earned(tested, said, costs), costs, 1)


@pytest.fixture(scope="module")
def returns() -> np.ndarray:
    return 0.01 * np.random.default_rng(5).standard_normal((MOMENTS, NAMES))


def test_an_opinion_that_knows_earns_what_the_best_earned(returns: np.ndarray) -> None:
    made = of(rows(returns), returns.ravel())
    best = np.sort(returns, axis=1)
    assert made[TOP].net_bps == pytest.approx(1e4 * best[:, -2:].mean())
    assert made[BOTH].net_bps == pytest.approx(5e3 * (best[:, -2:].mean() - best[:, :2].mean()))
    assert made[EQUAL].net_bps == pytest.approx(1e4 * returns.mean())
    assert made[BEYOND].net_bps == pytest.approx(made[TOP].net_bps - made[EQUAL].net_bps)
    assert made[TOP].net_low < made[TOP].net_bps < made[TOP].net_high
    assert made[TOP].beyond_luck > 0.999


def test_costs_are_the_value_traded_times_their_share(returns: np.ndarray) -> None:
    costs = Costs(commission_bps=1.0, half_spread_bps=4.0)
    for line in of(rows(returns), returns.ravel(), costs).lines:
        assert line.cost_bps == pytest.approx(5.0 * line.turnover)
        assert line.net_bps == pytest.approx(line.gross_bps - line.cost_bps)


def test_an_opinion_that_never_changes_trades_only_drift_and_knows_nothing() -> None:
    flat = np.zeros((MOMENTS, NAMES))
    fixed = np.tile(np.arange(NAMES, dtype=np.float64), MOMENTS)
    made = of(rows(flat), fixed)
    assert made[TOP].turnover == pytest.approx(2.0 / MOMENTS)
    assert made[HELD].turnover == pytest.approx(2.0 / MOMENTS)
    assert made[TOP].net_bps == made[TOP].sharpe == made[TOP].beyond_luck == 0.0


def test_who_is_bought_and_held_grows_with_its_prices() -> None:
    grown = np.tile([0.10, 0.0], (2, 1))
    made = of(rows(grown), np.zeros(4))
    worth = (1.1**2 + 1.0) / 2.0
    assert made[HELD].growth[-1] == pytest.approx(worth)
    assert made[EQUAL].growth[-1] == pytest.approx(1.05**2)


def test_sleeves_that_overlap_are_held_side_by_side(returns: np.ndarray) -> None:
    fixed = np.tile(np.arange(NAMES, dtype=np.float64), MOMENTS)
    short, long = (of(rows(np.zeros_like(returns), held), fixed) for held in (1, 5))
    assert long.sleeves_a_year == pytest.approx(short.sleeves_a_year / 5, rel=0.02)
    assert long[TOP].turnover == pytest.approx(5 * short[TOP].turnover)


def test_what_came_after_a_sleeve_s_end_changes_nothing_before(returns: np.ndarray) -> None:
    said = np.random.default_rng(6).standard_normal(returns.size)
    other = returns.copy()
    other[-1] += 0.05
    one, two = (of(rows(each), said, Costs()) for each in (returns, other))
    assert one[TOP].growth[:-5] == two[TOP].growth[:-5]


def test_orders_stay_small_beside_what_is_traded() -> None:
    tested = rows(np.zeros((MOMENTS, NAMES)))
    said = np.tile(np.arange(NAMES, dtype=np.float64), MOMENTS)
    traded = np.full(len(tested), 1e6)
    made = books(earned(tested, said, FREE, traded), FREE, 1)
    assert made[TOP].capacity == pytest.approx(0.01 * 1e6 / 0.5)
    assert made[EQUAL].capacity == pytest.approx(0.01 * 1e6 * NAMES)
    assert books(earned(tested, said, FREE), FREE, 1)[TOP].capacity is None
