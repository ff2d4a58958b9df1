"""Distributions as shares of bins, and the distances between them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.drift.bins import ks, psi, shape_of, shares_of

DRAW = np.random.default_rng(7)


def test_bins_of_a_smooth_number_hold_about_as_many_rows_each() -> None:
    shape = shape_of(DRAW.normal(size=20_000))
    assert len(shape.edges) == 19
    assert np.array(shape.shares[:-1]) == pytest.approx(np.full(20, 0.05), abs=0.001)
    assert shape.shares[-1] == 0.0


def test_missing_rows_have_a_bin_of_their_own() -> None:
    values = np.array([1.0, 2.0, np.nan, np.inf])
    assert shares_of(values, (1.5,)).tolist() == [0.25, 0.25, 0.5]


def test_a_number_that_never_changes_has_one_bin_and_no_drift() -> None:
    shape = shape_of(np.full(100, 3.0))
    assert psi(np.array(shape.shares), shares_of(np.full(50, 3.0), shape.edges)) == 0.0


def test_a_number_that_never_changed_and_now_does_is_seen() -> None:
    shape = shape_of(np.full(100, 3.0))
    assert psi(np.array(shape.shares), shares_of(np.full(50, 4.0), shape.edges)) > 5.0


def test_the_index_is_that_of_the_textbook() -> None:
    one, other = np.array([0.5, 0.5]), np.array([0.25, 0.75])
    assert psi(one, other) == pytest.approx(0.25 * np.log(2.0) - 0.25 * np.log(2.0 / 3.0))


def test_the_distance_is_that_of_scipy_when_the_edges_are_fine() -> None:
    from scipy.stats import ks_2samp

    one, other = DRAW.normal(size=5_000), DRAW.normal(0.3, 1.0, size=5_000)
    shape = shape_of(one, bins=1_000)
    ours = ks(np.array(shape.shares), shares_of(other, shape.edges))
    assert ours == pytest.approx(ks_2samp(one, other).statistic, abs=0.002)


@given(st.lists(st.floats(0.0, 1.0), min_size=3, max_size=12), st.integers(0, 2**31))
def test_distances_are_never_negative_and_zero_to_oneself(weights: list[float], seed: int) -> None:
    one = np.array(weights) + 0.01
    one /= one.sum()
    other = np.random.default_rng(seed).dirichlet(np.ones(len(one)))
    assert psi(one, one) == ks(one, one) == 0.0
    assert psi(one, other) >= 0.0
    assert 0.0 <= ks(one, other) <= 1.0 + 1e-12
