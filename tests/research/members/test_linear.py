"""Newton's steps arrive where a general solver does, and missing values count as the mean."""

from __future__ import annotations

import numpy as np
import pytest

from research.members.lesson import lesson_of
from research.members.linear import regress
from tests.fixtures.courses import lesson


def test_four_steps_are_enough() -> None:
    four, many = (regress(lesson(), 50.0, steps) for steps in (4, 12))
    np.testing.assert_allclose(four.weights, many.weights, atol=1e-4)
    np.testing.assert_allclose(four.bias - four.bias.mean(), many.bias - many.bias.mean(), atol=1e-4)


def test_it_is_the_logistic_regression_of_the_textbook() -> None:
    from sklearn.linear_model import LogisticRegression

    told = lesson()
    made = regress(told, 1.0, 8)
    known = (told.values - made.mean) / made.scale
    theirs = LogisticRegression(C=1.0, tol=1e-10, max_iter=500).fit(known, told.classes)
    np.testing.assert_allclose(made.weights.T, theirs.coef_, atol=2e-4)


def test_a_missing_value_is_the_mean_and_a_flat_feature_is_harmless() -> None:
    told = lesson()
    values = told.values.copy()
    values[::7, 0] = np.nan
    values[:, 5] = 3.0
    made = regress(lesson_of(values, told.classes), 10.0, 4)
    assert made.mean[0] == pytest.approx(np.nanmean(values[:, 0]), abs=1e-6)
    assert made.scale[5] == 1.0
    assert np.isfinite(made.weights).all()
    np.testing.assert_allclose(made.weights[5], 0.0, atol=1e-9)
