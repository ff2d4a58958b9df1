"""Exact SHAP values of trees, each feature's share of a row's sum.

What a tree expects where only some features are known is the mean over the branches of the others, weighed
by the training rows that took them. A feature's share is the mean of what it adds over all orders in which
features may become known. Leaf by leaf, with repeated questions about a feature taken as one, a polynomial
in the number of known features sums over these orders (tree SHAP, Lundberg and others 2018).
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from shared.kernels import Pair, njit, part

MOST_DEPTH: Final = 64

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]


class Path(NamedTuple):
    """The way from a root to a node: what was asked, the share that answers so, and does this row."""

    feature: Ints
    share: Floats
    goes: Floats


@njit
def attribute(
    rows: Singles,
    feature: Ints,
    threshold: Singles,
    nan_right: Bools,
    left: Ints,
    right: Ints,
    values: Singles,
    cover: Singles,
    roots: Ints,
    outputs: Ints,
    shares: Floats,
    expected: Floats,
) -> None:
    """Adds every tree's shares to those of each row, and what each class expects of no row in particular."""
    path = Path(np.empty(MOST_DEPTH + 1, np.int32), np.empty(MOST_DEPTH + 1), np.empty(MOST_DEPTH + 1))
    once = Path(np.empty(MOST_DEPTH + 2, np.int32), np.empty(MOST_DEPTH + 2), np.empty(MOST_DEPTH + 2))
    weights = np.empty(MOST_DEPTH + 2)
    nodes, depths = np.empty(2 * MOST_DEPTH + 2, np.int32), np.empty(2 * MOST_DEPTH + 2, np.int32)
    parents = np.empty(2 * MOST_DEPTH + 2, np.int32)
    for row in range(rows.shape[0]):
        for tree in range(roots.shape[0]):
            waiting = 1
            nodes[0], depths[0], parents[0] = roots[tree], 0, -1
            while waiting > 0:
                waiting -= 1
                node, depth, parent = nodes[waiting], depths[waiting], parents[waiting]
                if parent >= 0:
                    value = rows[row, feature[parent]]
                    to_right = nan_right[parent] if math.isnan(value) else value > threshold[parent]
                    path.feature[depth] = feature[parent]
                    path.share[depth] = cover[node] / cover[parent] if cover[parent] > 0.0 else 0.0
                    path.goes[depth] = 1.0 if node == (right[parent] if to_right else left[parent]) else 0.0
                if feature[node] < 0:
                    known = merge(path, depth, once)
                    if row == 0:
                        expect(once, known, values[node], outputs[tree], expected)
                    share_out(once, known, weights, values[node], outputs[tree], shares[row])
                else:
                    for child in (right[node], left[node]):
                        nodes[waiting], depths[waiting], parents[waiting] = child, depth + 1, node
                        waiting += 1


@part
def merge(path: Path, depth: int, once: Path) -> int:
    """The path with each feature once; returns how many there are (place 0 is left free)."""
    known = 0
    for at in range(1, depth + 1):
        place = 1
        while place <= known and once.feature[place] != path.feature[at]:
            place += 1
        if place > known:
            known += 1
            once.feature[place], once.share[place], once.goes[place] = path.feature[at], 1.0, 1.0
        once.share[place] *= path.share[at]
        once.goes[place] *= path.goes[at]
    return known


@part
def expect(once: Path, known: int, values: Singles, output: int, expected: Floats) -> None:
    """Adds a leaf's values, weighed by the share of rows that reach it."""
    weight = 1.0
    for place in range(1, known + 1):
        weight *= once.share[place]
    for value in range(values.shape[0]):
        expected[value if output < 0 else output] += weight * values[value]


@part
def share_out(once: Path, known: int, weights: Floats, values: Singles, output: int, shares: Floats) -> None:
    """Adds each feature's share of a leaf's values."""
    for place in range(1, known + 1):
        if once.share[place] == 0.0 and once.goes[place] == 0.0:
            return
    weights[0] = 1.0
    for place in range(1, known + 1):
        extend(weights, place, once.share[place], once.goes[place])
    for place in range(1, known + 1):
        share, goes = once.share[place], once.goes[place]
        weight = unwound(weights, known, share, goes) * (goes - share)
        for value in range(values.shape[0]):
            shares[once.feature[place], value if output < 0 else output] += weight * values[value]


@part
def extend(weights: Floats, length: int, share: float, goes: float) -> None:
    """Takes one more feature into the weights of 0, 1, 2 … known features."""
    weights[length] = 0.0
    for known in range(length - 1, -1, -1):
        weights[known + 1] += goes * weights[known] * (known + 1) / (length + 1)
        weights[known] *= share * (length - known) / (length + 1)


@part
def unwound(weights: Floats, length: int, share: float, goes: float) -> float:
    """The sum of the weights with one feature taken out again."""
    total, ahead = 0.0, weights[length]
    for known in range(length - 1, -1, -1):
        if goes > 0.0:
            without = ahead * (length + 1) / (known + 1)
            total += without
            ahead = weights[known] - without * share * (length - known) / (length + 1)
        else:
            total += weights[known] * (length + 1) / (share * (length - known))
    return total


_SINGLES: Final = np.empty(1, np.float32)
_INTS: Final = np.empty(1, np.int32)
KERNELS: Final[tuple[Pair, ...]] = (
    (
        attribute,
        (
            np.empty((1, 1), np.float32),
            _INTS,
            _SINGLES,
            np.empty(1, np.bool_),
            _INTS,
            _INTS,
            np.empty((1, 1), np.float32),
            _SINGLES,
            _INTS,
            _INTS,
            np.empty((1, 1, 1)),
            np.empty(1),
        ),
    ),
)
"""What explains; compiled when it is first asked for."""
