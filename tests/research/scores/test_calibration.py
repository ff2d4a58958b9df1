"""A probability that means what it says has no calibration error, and the curve lies on the diagonal."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from research.scores.calibration import expected_error_of, reliability

DRAW = np.random.default_rng(3)
SAID = DRAW.random(4_000)
CAME = (DRAW.random(4_000) < SAID).astype(np.float64)


def test_the_curve_is_the_reference_s_and_near_the_diagonal() -> None:
    curve = reliability(SAID, CAME)
    came, said = calibration_curve(CAME, SAID, n_bins=10)
    assert [one.came for one in curve] == pytest.approx(came.tolist())
    assert [one.said for one in curve] == pytest.approx(said.tolist())
    assert sum(one.rows for one in curve) == 4_000
    assert all(abs(one.came - one.said) < 0.07 for one in curve)


def test_empty_bins_are_left_out_and_certainty_has_a_bin() -> None:
    curve = reliability(np.array([0.0, 1.0, 1.0]), np.array([0.0, 1.0, 0.0]))
    assert [(one.low, one.high, one.rows, one.came) for one in curve] == [
        (0.0, 0.1, 1, 0.0),
        (0.9, 1.0, 2, 0.5),
    ]


def test_the_expected_error_is_the_gap_between_said_and_came() -> None:
    said = np.tile([0.1, 0.8, 0.1], (100, 1))
    classes = np.array([1] * 50 + [0] * 50, np.int8)
    assert expected_error_of(said, classes)(np.ones(100)) == pytest.approx(0.3)
    weights = np.concatenate([np.full(50, 4.0), np.full(50, 1.0)])
    assert expected_error_of(said, classes)(weights) == pytest.approx(0.0, abs=1e-12)
