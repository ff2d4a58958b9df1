"""Luck is counted: among many worthless sets some look good, and none is to be called a discovery."""

from __future__ import annotations

import numpy as np
import pytest

from research.scores.card import Measured
from research.scores.many import chance_of, many


def measured(value: float, low: float, high: float) -> Measured:
    return Measured(name="rank_ic", value=value, low=low, high=high, base=0.0)


def test_the_chance_is_that_of_the_normal_law() -> None:
    assert chance_of(measured(0.0, -0.02, 0.02)) == pytest.approx(0.5)
    assert chance_of(measured(0.02, 0.0, 0.04)) == pytest.approx(0.025)
    assert chance_of(measured(-0.02, -0.04, 0.0)) == pytest.approx(0.975)
    assert chance_of(measured(0.1, -np.inf, np.inf)) == chance_of(measured(0.0, 0.0, 0.0)) == 1.0


def test_the_steps_are_those_of_the_papers() -> None:
    chances = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240]
    told = many([*chances, 0.4262, 0.5719, 0.6528, 0.7590, 1.0], 4)
    assert (told.tried, told.passed, told.discoveries, told.held) == (15, 4, 9, 3)
    assert told.by_luck == pytest.approx(0.15)
    assert told.sentence.startswith("Of 15 sets 0.15 would pass the gate by luck, at its 1%; 4 did.")


def test_worthless_sets_are_rarely_discovered() -> None:
    draw = np.random.default_rng(3)
    found = [many(draw.random(33).tolist(), 0) for _ in range(400)]
    assert np.mean([one.discoveries > 0 for one in found]) < 0.14
    assert np.mean([one.held > 0 for one in found]) < 0.08


def test_nothing_tried_is_nothing_found() -> None:
    assert many([], 0)[:5] == (0, 0.0, 0, 0, 0)
