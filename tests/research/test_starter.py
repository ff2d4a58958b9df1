"""The starter model finds what was planted, repeats itself, and is split so that nothing leaks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from research.dataset.learning import make_dataset, split_by_time
from research.labels.next_bar import BUY, HOLD, SELL, next_return
from research.scores.plain import information_coefficient, log_loss, rank_correlation, standardised
from research.starter import train_starter
from services.features.config import FeatureSpec
from shared.failures import Refused
from tests.fixtures.feature_tapes import SECOND_NS, random_bars

SPEC = FeatureSpec(interval_ns=5 * SECOND_NS)


def test_the_model_finds_what_was_planted_and_repeats_itself(tmp_path: Path) -> None:
    bars = random_bars(1_200, 8, 2)
    one = train_starter(bars, SPEC, tmp_path / "one", seed=4)
    two = train_starter(bars, SPEC, tmp_path / "two", seed=4)
    assert one == two
    assert one.scores["log_loss"] < one.scores["log_loss_base_rate"]
    assert 0.0 < one.scores["information_coefficient_low"] < one.scores["information_coefficient"] < 0.35
    assert 0.0 < one.thresholds["entry"] < 1.0
    assert one.trained_until_ns <= int(bars["event_time_ns"][-1])


def test_too_little_history_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="at least"):
        train_starter(random_bars(40, 2, 2), SPEC, tmp_path, seed=4)


def test_a_label_is_the_next_bar_s_move_and_unknown_at_the_end_and_at_a_gap() -> None:
    bars = random_bars(6, 2, 3)
    whole = next_return(bars, 1, 0.0)
    assert whole.known.tolist() == [True] * 10 + [False] * 2
    expected = np.log(bars["close"][2:] / bars["close"][:-2])
    np.testing.assert_allclose(whole.returns[:10], expected)
    assert (whole.classes[:10] == np.where(expected > 0, BUY, np.where(expected < 0, SELL, HOLD))).all()
    gap = next_return(bars.take(np.array([0, 1, 2, 3, 6, 7])), 1, 0.0)
    assert gap.known.tolist() == [True, True, False, False, False, False]


def test_no_training_label_reaches_into_the_later_part() -> None:
    dataset = make_dataset(random_bars(200, 4, 5), SPEC, 3, 0.0)
    earlier, later = split_by_time(dataset, 0.8)
    assert earlier.labels.end_ns.max() <= later.times_ns.min()
    assert len(earlier) + len(later) < len(dataset)


def test_scores_are_what_they_are_called() -> None:
    even = np.full((4, 3), 1.0 / 3.0)
    assert log_loss(even, np.array([0, 1, 2, 0], np.int8)) == pytest.approx(np.log(3.0))
    values = np.array([1.0, 5.0, 5.0, 9.0])
    assert rank_correlation(values, values**3) == pytest.approx(1.0)
    assert rank_correlation(values, np.zeros(4)) == 0.0
    dataset = make_dataset(random_bars(200, 4, 6), SPEC, 1, 0.0)
    draw = np.random.default_rng(1).dirichlet(np.ones(3), len(dataset))
    ic, low, high = information_coefficient(dataset, draw)
    assert low < 0.0 < high or abs(ic) < 0.1


def test_every_instrument_counts_alike_in_a_score_however_loud_it_is() -> None:
    moves = np.random.default_rng(2).normal(size=(500, 3))
    loud = (moves * np.array([1.0, 50.0, 0.01])).ravel()
    instruments = np.tile(np.array([1, 2, 3], np.int32), 500)
    scaled = standardised(loud, instruments).reshape(500, 3)
    np.testing.assert_allclose(scaled.std(axis=0), 1.0)
    np.testing.assert_allclose(scaled, moves / moves.std(axis=0))
    assert (standardised(np.zeros(3), np.ones(3, np.int32)) == 0.0).all()
