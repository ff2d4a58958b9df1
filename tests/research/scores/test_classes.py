"""Scores of classes are those that scikit-learn computes, weighted or not."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from research.scores.classes import (
    accuracy_of,
    balanced_accuracy_of,
    brier_of,
    log_loss_of,
    majority_of,
    share_of,
)

DRAW = np.random.default_rng(4)
CLASSES = DRAW.integers(0, 3, 400).astype(np.int8)
SAID = DRAW.dirichlet([2.0, 3.0, 2.0], 400)
WEIGHTS = DRAW.integers(0, 4, 400).astype(np.float64)
ONCE = np.ones(400)


@pytest.mark.parametrize("weights", [ONCE, WEIGHTS], ids=["once", "weighted"])
def test_they_equal_the_reference(weights: np.ndarray) -> None:
    likeliest = SAID.argmax(axis=1)
    assert log_loss_of(SAID, CLASSES)(weights) == pytest.approx(
        metrics.log_loss(CLASSES, SAID, sample_weight=weights), abs=1e-12
    )
    assert accuracy_of(SAID, CLASSES)(weights) == pytest.approx(
        metrics.accuracy_score(CLASSES, likeliest, sample_weight=weights), abs=1e-12
    )
    assert balanced_accuracy_of(SAID, CLASSES)(weights) == pytest.approx(
        metrics.balanced_accuracy_score(CLASSES, likeliest, sample_weight=weights), abs=1e-12
    )
    each = sum(
        metrics.brier_score_loss(one == CLASSES, SAID[:, one], sample_weight=weights) for one in range(3)
    )
    assert brier_of(SAID, CLASSES)(weights) == pytest.approx(each, abs=1e-12)


def test_the_majority_is_the_commonest_class_and_shares_sum_to_one() -> None:
    classes = np.array([1, 1, 1, 0, 2], np.int8)
    assert majority_of(classes, 3)(np.ones(5)) == 0.6
    assert majority_of(classes, 3)(np.array([0.0, 0.0, 0.0, 1.0, 3.0])) == 0.75
    assert sum(share_of(classes, one)(np.ones(5)) for one in range(3)) == pytest.approx(1.0)


def test_always_naming_the_commonest_class_has_a_balanced_accuracy_of_a_third() -> None:
    classes = np.array([1] * 98 + [0, 2], np.int8)
    said = np.tile([0.01, 0.98, 0.01], (100, 1))
    assert accuracy_of(said, classes)(np.ones(100)) == 0.98
    assert balanced_accuracy_of(said, classes)(np.ones(100)) == pytest.approx(1 / 3)
