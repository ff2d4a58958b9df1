"""Redraws keep neighbours together, repeat by their seed, and cover the truth as often as they say."""

from __future__ import annotations

import numpy as np
import pytest

from research.scores.bootstrap import Bootstrap, Drawing, block_length, deviation, interval, redraws
from research.scores.classes import mean_of

TIMES = np.repeat(np.arange(60, dtype=np.int64), 3)


@pytest.mark.parametrize("drawing", list(Drawing))
def test_a_redraw_is_as_long_as_the_sample_and_keeps_moments_whole(drawing: Drawing) -> None:
    weights = redraws(TIMES, Bootstrap(drawing=drawing, draws=50))
    assert weights.shape == (50, 180)
    assert np.all(weights.sum(axis=1) == 180)
    assert np.all(weights.reshape(50, 60, 3) == weights.reshape(50, 60, 3)[:, :, :1])


@pytest.mark.parametrize("drawing", list(Drawing))
def test_the_seed_decides(drawing: Drawing) -> None:
    one, same, other = (redraws(TIMES, Bootstrap(drawing=drawing, seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_a_circular_block_is_drawn_whole() -> None:
    """With one block of all moments every moment comes exactly once."""
    weights = redraws(TIMES, Bootstrap(drawing=Drawing.CIRCULAR, block=60))
    assert np.all(weights == 1.0)


@pytest.mark.parametrize("drawing", list(Drawing))
def test_blocks_see_that_neighbours_agree(drawing: Drawing) -> None:
    """A series whose moments come in runs of ten has a larger error than single draws would say."""
    runs = np.repeat(np.random.default_rng(1).standard_normal(60), 10)
    times = np.arange(600, dtype=np.int64)
    blocks = deviation(mean_of(runs), redraws(times, Bootstrap(drawing=drawing, block=20)))
    singly = deviation(mean_of(runs), redraws(times, Bootstrap(drawing=drawing, block=1)))
    assert blocks > 2.0 * singly
    assert singly == pytest.approx(runs.std() / np.sqrt(600), rel=0.2)


def test_a_95_percent_interval_of_a_mean_covers_the_truth_about_that_often() -> None:
    covered = 0
    for seed in range(100):
        sample = np.random.default_rng(seed).standard_normal(150)
        _, low, high = interval(mean_of(sample), redraws(np.arange(150), Bootstrap(draws=100, seed=seed)))
        covered += low <= 0.0 <= high
    assert 85 <= covered <= 99


def test_the_block_s_length_grows_with_the_sample_unless_it_is_given() -> None:
    assert block_length(1_000, Bootstrap()) == 10
    assert block_length(1_000, Bootstrap(block=25)) == 25
    assert block_length(10, Bootstrap(block=25)) == 10


def test_a_score_that_cannot_be_had_has_an_endless_interval() -> None:
    found = interval(lambda weights: float("nan"), np.ones((20, 5)))
    assert (found.low, found.high) == (-np.inf, np.inf)
