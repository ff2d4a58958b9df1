"""A search repeats itself, sees only the rows it is given, and does not do worse than the usual settings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from research.training.tuning import tuned
from research.training.workshop import Workshop
from tests.fixtures.courses import course


def test_a_search_repeats_itself_and_stays_within_its_choices() -> None:
    whole = course()
    told = replace(whole, terms=replace(whole.terms, trials=3))
    one, two = (tuned(told, ("linear",), Workshop(hands)) for hands in (1, 2))
    assert one == two
    assert set(one["linear"]) == {"ridge"}
    assert 1.0 <= float(one["linear"]["ridge"]) <= 10_000.0


def test_without_an_earlier_test_nothing_is_tuned() -> None:
    whole = course()
    early = whole.take(np.flatnonzero(whole.times_ns < whole.terms.cuts_ns[0]))
    assert tuned(early, ("linear",), Workshop(1)) == {}
