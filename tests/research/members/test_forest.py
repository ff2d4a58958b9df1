"""The forest's own rules: where bins lie, where a missing value goes, and that order does not matter."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from research.members.forest import TREES, edges_of, grow, into_bins
from research.members.forest_kernels import MISSING
from research.members.lesson import lesson_of
from services.inference.plain import forest
from tests.fixtures.courses import lesson

SETTINGS = {**TREES.usual, "trees": 8, "features": 3, "depth": 5}


def test_a_value_lies_at_or_below_the_edge_of_its_bin() -> None:
    values = np.random.default_rng(1).standard_normal((5_000, 2)).astype(np.float32)
    values[7, 0] = np.nan
    edges = edges_of(values)
    binned = into_bins(values, edges)
    assert binned[7, 0] == MISSING
    for feature in range(2):
        known = ~np.isnan(values[:, feature]) & (binned[:, feature] < MISSING)
        place = binned[known, feature].astype(int)
        assert (values[known, feature] <= edges[feature, place]).all()
        low = place > 0
        assert (values[known, feature][low] > edges[feature, place[low] - 1]).all()
        assert np.bincount(binned[:, feature], minlength=MISSING)[: MISSING - 1].min() > 40


def test_a_feature_that_never_moves_is_never_split() -> None:
    values = np.ones((2_000, 3), np.float32)
    values[:, 1] = lesson().values[:, 0]
    made = grow(lesson_of(values, lesson().classes), SETTINGS)
    assert set(made["feature"].tolist()) <= {-1, 1}


def test_trees_hang_together_and_count_every_row_drawn() -> None:
    made = grow(lesson(), SETTINGS)
    trees = forest(TREES.fit(lesson(), SETTINGS), 6)
    assert len(trees.roots) == 8
    np.testing.assert_allclose(made["cover"][made["roots"]], 2_000)
    inner = made["feature"] >= 0
    children = made["cover"][made["left"][inner]] + made["cover"][made["right"][inner]]
    np.testing.assert_allclose(children, made["cover"][inner], rtol=1e-5)
    np.testing.assert_allclose(made["probabilities"].sum(axis=1), 1.0, rtol=1e-5)


def test_side_by_side_or_alone_a_forest_is_the_same() -> None:
    alone = TREES.fit(lesson(), SETTINGS)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: TREES.fit(lesson(), SETTINGS), range(8))) == {alone}
    assert TREES.fit(lesson(seed=1), SETTINGS) != alone


def test_no_leaf_is_smaller_than_the_least() -> None:
    made = grow(lesson(), {**SETTINGS, "depth": 12})
    assert made["cover"][made["feature"] < 0].min() >= 10
