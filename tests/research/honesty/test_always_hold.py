"""A rule that knows nothing scores what impressive accuracies score, where labels are rare."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from research.honesty.always_hold import always_hold_accuracy, judge_accuracy
from research.honesty.verdict import Outcome

REPORTED = (0.9953, 0.9990, 0.9937, 0.9943, 0.9888, 0.9986, 0.9952, 0.9856, 0.9986, 0.9967)


@pytest.mark.parametrize("volatility", [0.01, 0.015, 0.02, 0.03, 0.08])
def test_it_is_student_s_law(volatility: float) -> None:
    law = stats.t(4, scale=volatility / math.sqrt(2.0))
    assert law.std() == pytest.approx(volatility)
    assert always_hold_accuracy(volatility, 0.1) == pytest.approx(1.0 - 2.0 * law.sf(0.1), abs=1e-12)


def test_the_reported_accuracies_are_what_knowing_nothing_gives() -> None:
    """Daily deviations between 1.3 and 3.6 % cover all ten, by always saying hold."""
    low, high = always_hold_accuracy(0.036, 0.1), always_hold_accuracy(0.013, 0.1)
    assert all(low < accuracy < high for accuracy in REPORTED)


def test_an_accuracy_near_the_commonest_class_is_no_edge() -> None:
    assert judge_accuracy(0.9953, 0.9950, 10_000).outcome is Outcome.NO_EDGE
    assert judge_accuracy(0.9856, 0.9900, 10_000).outcome is Outcome.NO_EDGE
    assert judge_accuracy(0.40, 0.34, 10_000).outcome is Outcome.PASS
    assert "99.53%" in judge_accuracy(0.9953, 0.9950, 10_000).sentence
