"""A random forest by our own histograms: 64 bins, a few features a node, the same trees for the same seed."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from research.members.forest_kernels import BINS, KERNELS, MISSING
from research.members.lesson import CLASSES, Choice, Lesson, MemberRule, Settings, Singles
from services.inference import arrays
from shared import kernels

LEAST_LEAF: Final = 10
ROWS_PER_LEAF: Final = 500
"""A leaf of fewer rows than one in so many follows the noise of returns."""
EDGES_FROM: Final = 20_000
"""Rows from which the edges of bins are taken, evenly over the lesson."""

Bins = npt.NDArray[np.uint8]


def fit(lesson: Lesson, settings: Settings) -> bytes:
    """The arrays of the forest."""
    return arrays.encode("forest", grow(lesson, settings))


def grow(lesson: Lesson, settings: Settings) -> dict[str, npt.NDArray[Any]]:
    """Every tree's nodes, one tree behind the other."""
    edges = edges_of(lesson.values)
    binned = into_bins(lesson.values, edges)
    least = max(LEAST_LEAF, len(lesson) // ROWS_PER_LEAF)
    depth = int(settings["depth"])
    room = min(2 ** (depth + 1), 4 * (len(lesson) // least) + 3)
    weights = lesson.weights / lesson.weights.mean()
    rates = np.bincount(lesson.classes, weights, CLASSES) / weights.sum()
    few = min(int(settings["features"]), lesson.values.shape[1])
    kernel = kernels.entry(*KERNELS[0])
    trees = []
    for number in range(int(settings["trees"])):
        made = _empty_tree(room)
        seed = np.uint64((lesson.seed << 20) + number)
        known = (binned, lesson.classes, weights, edges, seed, few, depth, float(least))
        nodes = kernel(*known, float(settings["prior"]) * rates, *made.values())
        trees.append({name: column[:nodes] for name, column in made.items()})
    return _joined(trees)


def edges_of(values: Singles) -> npt.NDArray[np.float32]:
    """The upper edge of each bin of each feature, at even quantiles; bins without an edge stay empty."""
    some = values[:: max(1, len(values) // EDGES_FROM)]
    edges = np.full((values.shape[1], BINS), np.inf, np.float32)
    for feature in range(values.shape[1]):
        known = np.sort(some[np.isfinite(some[:, feature]), feature])
        if not len(known):
            continue
        places = (np.arange(1, MISSING) * len(known)) // MISSING
        chosen = np.unique(known[places])
        edges[feature, : len(chosen)] = chosen
    return edges


def into_bins(values: Singles, edges: npt.NDArray[np.float32]) -> Bins:
    """Each value's bin: the first whose upper edge is not below it; a missing value's is the last."""
    binned = np.empty(values.shape, np.uint8)
    for feature in range(values.shape[1]):
        column = np.ascontiguousarray(values[:, feature])
        found = np.searchsorted(edges[feature, :MISSING], column, side="left")
        binned[:, feature] = np.where(np.isnan(column), MISSING, found)
    return binned


def _empty_tree(room: int) -> dict[str, npt.NDArray[Any]]:
    return {
        "feature": np.empty(room, np.int32),
        "threshold": np.empty(room, np.float32),
        "left": np.empty(room, np.int32),
        "right": np.empty(room, np.int32),
        "probabilities": np.empty((room, CLASSES), np.float32),
        "cover": np.empty(room, np.float32),
    }


def _joined(trees: list[dict[str, npt.NDArray[Any]]]) -> dict[str, npt.NDArray[Any]]:
    """One behind the other: children are told from the start of the whole."""
    sizes = [len(tree["feature"]) for tree in trees]
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
    for tree, root in zip(trees, roots, strict=True):
        split = tree["feature"] >= 0
        for side in ("left", "right"):
            tree[side] = np.where(split, tree[side] + root, 0).astype(np.int32)
    whole = {name: np.concatenate([tree[name] for tree in trees]) for name in trees[0]}
    return {**whole, "roots": roots}


TREES: Final = MemberRule(
    "forest",
    "forest",
    ".arrays",
    fit,
    usual={"trees": 100, "features": 12, "depth": 8, "prior": 10.0},
    choices={
        "features": Choice(4, 24, whole=True),
        "depth": Choice(3, 12, whole=True),
        "prior": Choice(1.0, 100.0, by_factor=True),
    },
)
"""The first-layer member."""
