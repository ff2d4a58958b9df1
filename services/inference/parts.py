"""What every parser makes of its file: trees, oblivious trees or a linear model, as flat checked arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from shared.failures import Refused

OUTPUTS: Final = 3
ALL: Final = -1
"""The output of a tree whose leaves hold a value for every class."""
MOST_TREES: Final = 20_000
MOST_DEPTH: Final = 64
MOST_NODES_A_TREE: Final = 1 << 18

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Singles = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Trees:
    """Decision trees: x <= threshold goes left; `outputs` says which class each tree adds to.

    `feature` is -1 at a leaf; `values` counts at leaves; `cover` is the training weight that reached a node.
    """

    names: tuple[str, ...]
    width: int
    feature: Ints
    threshold: Singles
    nan_right: Bools
    left: Ints
    right: Ints
    values: Singles
    cover: Singles
    roots: Ints
    outputs: Ints
    base: Floats
    averaged: bool = False


@dataclass(frozen=True)
class Oblivious:
    """Trees that ask one question a level: level d sets bit d of the leaf's place where x > border."""

    names: tuple[str, ...]
    width: int
    feature: Ints
    border: Singles
    nan_above: Bools
    depth: Ints
    values: Singles
    cover: Singles
    base: Floats


@dataclass(frozen=True)
class Linear:
    """softmax((x - mean) / scale @ weights + bias), a missing value counts as its mean."""

    names: tuple[str, ...]
    width: int
    mean: Floats
    scale: Floats
    weights: Floats
    bias: Floats


Part = Trees | Oblivious | Linear


def rounded_down(thresholds: Floats) -> Singles:
    """The largest float32 at or below each number: for float32 values x <= t stays exactly what it was."""
    with np.errstate(over="ignore"):
        near = thresholds.astype(np.float32)
    return np.where(near > thresholds, np.nextafter(near, np.float32(-np.inf)), near).astype(np.float32)


def checked(trees: Trees) -> Trees:
    """The trees if every index is in bounds and nothing runs in a circle, or one line why not."""
    nodes = len(trees.feature)
    inner = trees.feature >= 0
    if not 0 < len(trees.roots) <= MOST_TREES:
        raise Refused(f"model has {len(trees.roots)} trees, at most {MOST_TREES} are read")
    if np.any(trees.feature >= trees.width) or np.any(trees.feature < -1):
        raise Refused("model splits on a feature it does not have")
    if np.isnan(trees.threshold[inner]).any() or not np.isfinite(trees.values[~inner]).all():
        raise Refused("model has a threshold or leaf that is not a number")
    if not (np.isfinite(trees.cover).all() and (trees.cover >= 0).all() and np.isfinite(trees.base).all()):
        raise Refused("model has a cover or base that is not a number")
    if np.any((trees.outputs < ALL) | (trees.outputs >= OUTPUTS)):
        raise Refused("model has a tree for a class it does not have")
    for indices in (trees.left[inner], trees.right[inner], trees.roots):
        if np.any((indices < 0) | (indices >= nodes)):
            raise Refused("model has a tree whose nodes do not hang together")
    levels(trees)
    return trees


class Met(NamedTuple):
    """Nodes, and the tree and the level that each belongs to."""

    node: Longs
    tree: Longs
    level: Longs


def levels(trees: Trees) -> Met:
    """Every node level by level, siblings side by side."""
    level, owner = trees.roots.astype(np.int64), np.arange(len(trees.roots))
    nodes, owners, met = [], [], np.zeros(len(trees.feature), np.int64)
    for _ in range(MOST_DEPTH + 1):
        np.add.at(met, level, 1)
        if met.max() > 1:
            raise Refused("model has a tree that runs in a circle")
        nodes.append(level)
        owners.append(owner)
        inner = trees.feature[level] >= 0
        level, owner = level[inner], np.repeat(owner[inner], 2)
        level = np.stack([trees.left[level], trees.right[level]], axis=1).ravel().astype(np.int64)
        if not len(level):
            break
    else:
        raise Refused(f"model has a tree that is deeper than {MOST_DEPTH}")
    found, of = np.concatenate(nodes), np.concatenate(owners)
    if np.bincount(of).max() > MOST_NODES_A_TREE:
        raise Refused(f"model has a tree of more than {MOST_NODES_A_TREE} nodes")
    return Met(found, of, np.repeat(np.arange(len(nodes)), [len(each) for each in nodes]))


def unfolded(trees: Oblivious) -> Trees:
    """The same trees with a node for each answer: the last question first, as CatBoost weighs its leaves."""
    made: list[tuple[Any, ...]] = []
    roots, first, split, leaf = [], 0, 0, 0
    for depth in map(int, trees.depth):
        inner, leaves = (1 << depth) - 1, 1 << depth
        place = np.arange(inner)
        asked = split + depth - 1 - np.floor(np.log2(place + 1)).astype(np.int64)
        cover = np.concatenate([np.zeros(inner, np.float32), trees.cover[leaf : leaf + leaves]])
        for node in range(inner - 1, -1, -1):
            cover[node] = cover[2 * node + 1] + cover[2 * node + 2]
        values = np.zeros((inner + leaves, OUTPUTS), np.float32)
        values[inner:] = trees.values[leaf : leaf + leaves]
        none = np.full(leaves, -1)
        made.append((
            np.append(trees.feature[asked], none), np.append(trees.border[asked], np.zeros(leaves)),
            np.append(trees.nan_above[asked], none > 0), np.append(first + 2 * place + 1, none),
            np.append(first + 2 * place + 2, none), values, cover,
        ))  # fmt: skip
        roots.append(first)
        first, split, leaf = first + inner + leaves, split + depth, leaf + leaves
    feature, threshold, nan_right, left, right, values, cover = map(np.concatenate, zip(*made, strict=True))
    return Trees(
        names=trees.names,
        width=trees.width,
        feature=feature.astype(np.int32),
        threshold=threshold.astype(np.float32),
        nan_right=nan_right.astype(np.bool_),
        left=left.astype(np.int32),
        right=right.astype(np.int32),
        values=values,
        cover=cover,
        roots=np.array(roots, np.int32),
        outputs=np.full(len(roots), ALL, np.int32),
        base=trees.base,
    )


def check_names(found: tuple[str, ...], wanted: tuple[str, ...], what: str) -> None:
    """A file's names are the manifest's, or the numbers that its library gives where it was told none."""
    numbered = [tuple(f"{prefix}{place}" for place in range(len(wanted))) for prefix in ("", "f", "Column_")]
    if found and found != wanted and found not in numbered:
        raise Refused(f"{what} names other features than its manifest")
