"""Luck is what is left over when many are tried and one is shown."""

from __future__ import annotations

import numpy as np
import pytest

from research.scores.luck import beyond_luck, luckiest


def test_the_luckiest_of_many_is_what_drawing_many_shows() -> None:
    draws = np.random.default_rng(1).standard_normal((4_000, 33))
    assert luckiest(33) == pytest.approx(draws.max(axis=1).mean(), abs=0.05)
    assert luckiest(1) == 0.0


def test_worthless_returns_are_beyond_luck_as_rarely_as_said() -> None:
    draw = np.random.default_rng(2)
    chances = np.array([beyond_luck(draw.standard_normal(250), 250, 1) for _ in range(400)])
    assert np.mean(chances > 0.95) == pytest.approx(0.05, abs=0.03)


def test_the_best_of_many_worthless_trials_is_not_taken_for_skill() -> None:
    draw = np.random.default_rng(3)
    best = [max(draw.standard_normal((33, 250)), key=lambda one: one.mean() / one.std()) for _ in range(50)]
    assert np.mean([beyond_luck(one, 250, 33) > 0.95 for one in best]) < 0.15
    assert np.mean([beyond_luck(one, 250, 1) > 0.95 for one in best]) > 0.6


def test_overlapping_returns_are_worth_fewer_and_flat_ones_nothing() -> None:
    returns = np.random.default_rng(4).standard_normal(500) + 0.1
    assert beyond_luck(returns, 100, 1) < beyond_luck(returns, 500, 1)
    assert beyond_luck(np.zeros(50), 50, 1) == 0.0
