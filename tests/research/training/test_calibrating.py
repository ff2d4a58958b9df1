"""Calibration mends what was spoilt, leaves alone what is honest, and is what the serving engine does."""

from __future__ import annotations

import numpy as np

from research.dataset.examples import Floats
from research.scores.classes import log_loss_of
from research.training.calibrating import apply, calibrate


def honest(rows: int) -> tuple[Floats, np.ndarray]:
    draw = np.random.default_rng(3)
    sums = draw.standard_normal((rows, 3))
    said = np.exp(sums) / np.exp(sums).sum(axis=1, keepdims=True)
    came = (said.cumsum(axis=1) < draw.random((rows, 1))).sum(axis=1).astype(np.int8)
    return said, came


def spoilt(said: Floats) -> Floats:
    """Three times as sure as is right, and leaning to one class."""
    made: Floats = said**3 * np.array([1.0, 1.0, 2.0])
    mixed: Floats = made / made.sum(axis=1, keepdims=True)
    return mixed


def test_overconfidence_is_mended() -> None:
    said, came = honest(20_000)
    once = np.ones(len(came))
    found = calibrate(spoilt(said), came, once)
    np.testing.assert_allclose(found.scale, 1 / 3, atol=0.03)
    mended = log_loss_of(apply(found, spoilt(said)), came)(once)
    assert mended < log_loss_of(spoilt(said), came)(once)
    assert mended < log_loss_of(said, came)(once) + 1e-3


def test_honest_answers_are_left_alone() -> None:
    said, came = honest(20_000)
    found = calibrate(said, came, np.ones(len(came)))
    np.testing.assert_allclose(found.scale, 1.0, atol=0.05)
    np.testing.assert_allclose(found.shift, 0.0, atol=0.05)


def test_answers_that_never_change_are_no_trouble() -> None:
    found = calibrate(np.full((600, 3), 1 / 3), np.tile(np.array([0, 1, 2], np.int8), 200), np.ones(600))
    np.testing.assert_allclose(apply(found, np.full((1, 3), 1 / 3)), 1 / 3, atol=1e-6)


def test_a_class_that_was_ruled_out_stays_so_as_it_does_where_it_is_served() -> None:
    said = np.array([[0.4, 1e-15, 0.6], [0.5, 0.0, 0.5]])
    found = calibrate(np.tile(said, (300, 1)), np.tile(np.array([0, 2], np.int8), 300), np.ones(600))
    expected = said ** np.array(found.scale) * np.exp(found.shift)
    np.testing.assert_allclose(apply(found, said), expected / expected.sum(axis=1, keepdims=True), atol=1e-9)
