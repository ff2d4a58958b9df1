"""Grows one tree of a forest on binned rows: histograms of a few features a node, the best gain splits it.

All randomness is a hash of (seed, tree, node, draw): a tree is the same whoever grows it and whenever.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from shared.kernels import Pair, njit
from shared.mixing_kernels import mixed

Bins = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

BINS: Final = 64
MISSING: Final = BINS - 1
"""The bin of a missing value: beyond every threshold, so that it goes right."""
LEAF: Final = -1


@njit
def draw_rows(key: Any, weights: Floats, rows: Ints, counted: Floats) -> int:
    """Draws as many rows as there are, with replacement: which came, and what each then weighs."""
    total = weights.shape[0]
    for row in range(total):
        counted[row] = 0.0
    size = np.uint64(total)
    for draw in range(total):
        row = int(mixed(key, np.uint64(draw)) % size)
        counted[row] += weights[row]
    used = 0
    for row in range(total):
        if counted[row] > 0.0:
            rows[used] = row
            used += 1
    return used


@njit
def draw_features(key: Any, order: Ints, few: int) -> None:
    """Puts a few features, drawn without replacement, at the front of the order."""
    total = order.shape[0]
    for place in range(few):
        other = place + int(mixed(key, np.uint64(place)) % np.uint64(total - place))
        order[place], order[other] = order[other], order[place]


@njit
def fill(
    binned: Bins,
    classes: npt.NDArray[np.int8],
    counted: Floats,
    rows: Ints,
    features: Ints,
    table: npt.NDArray[np.float32],
) -> None:
    """The weight of each class in each bin of each drawn feature."""
    few = table.shape[0]
    for f in range(few):
        for place in range(table.shape[1]):
            table[f, place] = np.float32(0.0)
    for i in range(rows.shape[0]):
        row = rows[i]
        one, weight = int(classes[row]), np.float32(counted[row])
        for f in range(few):
            table[f, int(binned[row, features[f]]) * 4 + one] += weight


@njit
def best_split(table: npt.NDArray[np.float32], whole: Floats, least: float) -> tuple[int, int]:
    """Place of the feature and last bin to the left with the most Gini gain; (-1, 0) if none gains."""
    all_ = whole[0] + whole[1] + whole[2]
    base = (whole[0] * whole[0] + whole[1] * whole[1] + whole[2] * whole[2]) / all_
    found, at, best = -1, 0, base * (1.0 + 1e-12)
    for f in range(table.shape[0]):
        a, b, c = 0.0, 0.0, 0.0
        for bin_ in range(MISSING):
            place = bin_ * 4
            a += table[f, place]
            b += table[f, place + 1]
            c += table[f, place + 2]
            left = a + b + c
            right = all_ - left
            if left < least or right < least:
                continue
            d, e, g = whole[0] - a, whole[1] - b, whole[2] - c
            gain = (a * a + b * b + c * c) / left + (d * d + e * e + g * g) / right
            if gain > best:
                found, at, best = f, bin_, gain
    return found, at


@njit
def partition(binned: Bins, rows: Ints, feature: int, last_left: int) -> int:
    """Puts the rows that go left before the others; gives how many go left."""
    low, high = 0, rows.shape[0] - 1
    while low <= high:
        if binned[rows[low], feature] <= last_left:
            low += 1
        else:
            rows[low], rows[high] = rows[high], rows[low]
            high -= 1
    return low


@njit
def grow(
    binned: Bins,
    classes: npt.NDArray[np.int8],
    weights: Floats,
    edges: npt.NDArray[np.float32],
    seed: Any,
    few: int,
    depth: int,
    least: float,
    prior: Floats,
    feature: Ints,
    threshold: npt.NDArray[np.float32],
    left: Ints,
    right: Ints,
    probabilities: npt.NDArray[np.float32],
    cover: npt.NDArray[np.float32],
) -> int:
    """Writes a tree's nodes, children after parents; gives how many there are.

    A node's probabilities are its class weights with `prior` added, so that a small leaf does not shout.
    """
    total = binned.shape[0]
    rows, counted = np.empty(total, np.int32), np.empty(total, np.float64)
    used = draw_rows(mixed(seed, np.uint64(1)), weights, rows, counted)
    order = np.arange(binned.shape[1]).astype(np.int32)
    table = np.empty((few, BINS * 4), np.float32)
    whole = np.zeros(3, np.float64)
    room = feature.shape[0]
    first, last, level = np.zeros(room, np.int32), np.zeros(room, np.int32), np.zeros(room, np.int32)
    last[0] = used
    nodes, node = 1, 0
    while node < nodes:
        mine = rows[first[node] : last[node]]
        whole[:] = 0.0
        for i in range(mine.shape[0]):
            whole[int(classes[mine[i]])] += counted[mine[i]]
        weight = whole[0] + whole[1] + whole[2]
        padded = weight + prior[0] + prior[1] + prior[2]
        for one in range(3):
            probabilities[node, one] = np.float32((whole[one] + prior[one]) / padded)
        cover[node] = np.float32(weight)
        feature[node], left[node], right[node] = LEAF, 0, 0
        threshold[node] = np.float32(0.0)
        if level[node] < depth and weight >= 2.0 * least and nodes + 2 <= room:
            draw_features(mixed(seed, np.uint64(1024 + node)), order, few)
            fill(binned, classes, counted, mine, order, table)
            place, bin_ = best_split(table, whole, least)
            if place >= 0:
                feature[node] = order[place]
                threshold[node] = edges[order[place], bin_]
                middle = first[node] + partition(binned, mine, order[place], bin_)
                left[node], right[node] = nodes, nodes + 1
                first[nodes], last[nodes] = first[node], middle
                first[nodes + 1], last[nodes + 1] = middle, last[node]
                level[nodes], level[nodes + 1] = level[node] + 1, level[node] + 1
                nodes += 2
        node += 1
    return nodes


_INTS: Final = np.empty(1, np.int32)
_SINGLES: Final = np.empty(1, np.float32)
_TABLE: Final = np.empty((1, 1), np.float32)
KERNELS: Final[tuple[Pair, ...]] = (
    (
        grow,
        (
            np.empty((1, 1), np.uint8),
            np.empty(1, np.int8),
            np.empty(1),
            _TABLE,
            np.uint64(1),
            1,
            1,
            1.0,
            np.empty(3),
            _INTS,
            _SINGLES,
            _INTS,
            _INTS,
            _TABLE,
            _SINGLES,
        ),
    ),
)
"""What a forest compiles."""
