"""The usual of a model's inputs and answers."""

import numpy as np
import pytest

from research.drift.bins import psi, shares_of
from research.drift.profile import profile, usual
from shared.failures import Refused


def test_a_clock_is_usual_in_its_wandering() -> None:
    clock = usual("clock", np.sin(np.arange(10_000) * 2 * np.pi / 10_000))
    noise = usual("noise", np.random.default_rng(1).normal(size=10_000))
    assert clock.psi > 1.0
    assert noise.psi < 0.1


def test_a_stretch_of_the_training_time_is_never_beyond_the_usual() -> None:
    values = np.cumsum(np.random.default_rng(2).normal(size=5_000))
    known = usual("walk", values)
    stretch = shares_of(values[2_000:2_500], known.shape.edges)
    assert psi(np.array(known.shape.shares), stretch) <= known.psi


def test_every_feature_and_every_answer_is_there_by_name() -> None:
    draw = np.random.default_rng(3)
    times = np.repeat(np.arange(50), 2)
    made = profile(("a", "b"), draw.normal(size=(100, 2)), draw.dirichlet(np.ones(3), size=50), times)
    assert [one.name for one in made.features] == ["a", "b"]
    assert [one.name for one in made.answers] == ["p(sell)", "p(hold)", "p(buy)"]
    assert made.moments == 5


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(Refused, match="at least 10 rows, found 4"):
        profile(("a",), np.ones((100, 1)), np.ones((4, 3)), np.arange(100))
