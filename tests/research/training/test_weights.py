"""Rows count less the more labels run at once, and a class as much as another when asked for."""

from __future__ import annotations

import numpy as np

from research.training.weights import balance, uniqueness

ONE = np.zeros(4, np.int32)


def test_labels_that_do_not_overlap_count_fully() -> None:
    times = np.array([0, 10, 20, 30])
    assert uniqueness(times, times + 10, ONE).tolist() == [1.0, 1.0, 1.0, 1.0]


def test_overlapping_labels_share_the_time_that_they_overlap() -> None:
    times = np.array([0, 10, 20, 30])
    found = uniqueness(times, times + 20, ONE)
    np.testing.assert_allclose(found, [0.75, 0.5, 0.5, 0.5])


def test_instruments_do_not_overlap_one_another() -> None:
    times = np.array([0, 0, 10, 10])
    found = uniqueness(times, times + 10, np.array([1, 2, 1, 2], np.int32))
    assert found.tolist() == [1.0] * 4


def test_balanced_classes_weigh_the_same_in_sum() -> None:
    classes = np.array([0, 1, 1, 1, 2, 2], np.int8)
    sums = np.bincount(classes, balance(classes, 3))
    np.testing.assert_allclose(sums, [2.0, 2.0, 2.0])
    assert np.isfinite(balance(np.array([1, 1], np.int8), 3)).all()
