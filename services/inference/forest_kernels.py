"""Evaluates a forest: every split of a tree at once for a few rows side by side.

Leaves are numbered from left to right. A split that sends a row right rules out those on its left, so its
leaf is the first one that no split rules out. A row's sums are taken tree after tree in its own lane:
they do not depend on the rows beside it.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from shared.kernels import Pair, njit

LANES: Final = 64
FEW: Final = 20
"""Rows below which each is walked alone; the sums are the same to the last bit."""
NOT_WARM: Final = 1
FIRST_BIT: Final = np.array(
    [next((bit for bit in range(63) if pow(2, bit, 67) == rest), 0) for rest in range(67)], np.int64
)
"""The place of a single bit, by its remainder of 67."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Trees(NamedTuple):
    """Every tree of a forest, one behind the other."""

    features: Ints
    thresholds: Floats
    nan_right: npt.NDArray[np.int8]
    survivors: Ints
    first_split: Ints
    leaves: Floats
    first_leaf: Ints
    first_bit: Ints


@njit
def predict(
    values: Floats,
    features: Ints,
    thresholds: Floats,
    nan_right: npt.NDArray[np.int8],
    survivors: Ints,
    first_split: Ints,
    leaves: Floats,
    first_leaf: Ints,
    first_bit: Ints,
    classes: int,
    sigmoid: float,
    flags: npt.NDArray[np.int32],
    probabilities: Floats,
) -> None:
    """Writes each row's class probabilities; a row with a missing feature is flagged and gets none."""
    trees = Trees(features, thresholds, nan_right, survivors, first_split, leaves, first_leaf, first_bit)
    lanes = np.zeros((values.shape[1], LANES))
    alive = np.zeros(LANES, np.int64)
    sums = np.zeros((classes, LANES))
    for start in range(0, values.shape[0], LANES):
        rows = min(LANES, values.shape[0] - start)
        if rows > FEW:
            for lane in range(rows):
                for feature in range(values.shape[1]):
                    lanes[feature, lane] = values[start + lane, feature]
            add_up(trees, lanes, alive, sums)
        for lane in range(rows):
            if rows <= FEW:
                add_up_alone(trees, values[start + lane], lane, sums)
            write_row(values[start + lane], sums, lane, sigmoid, flags, probabilities, start + lane)


@njit
def add_up_alone(trees: Trees, row: Floats, lane: int, sums: Floats) -> None:
    """The sum of each class's trees for one row, in the same order as side by side."""
    classes = sums.shape[0]
    for sum_ in range(classes):
        sums[sum_, lane] = 0.0
    for tree in range(trees.first_leaf.shape[0] - 1):
        alive = -1
        for split in range(trees.first_split[tree], trees.first_split[tree + 1]):
            value = row[trees.features[split]]
            if value > trees.thresholds[split] or (trees.nan_right[split] == 1 and math.isnan(value)):
                alive &= trees.survivors[split]
        leaf = trees.first_bit[(alive & -alive) % 67]
        sums[tree % classes, lane] += trees.leaves[trees.first_leaf[tree] + leaf]


@njit
def add_up(trees: Trees, lanes: Floats, alive: Ints, sums: Floats) -> None:
    """The sum of each class's trees, for every lane."""
    classes = sums.shape[0]
    for sum_ in range(classes):
        for lane in range(LANES):
            sums[sum_, lane] = 0.0
    for tree in range(trees.first_leaf.shape[0] - 1):
        for lane in range(LANES):
            alive[lane] = -1
        for split in range(trees.first_split[tree], trees.first_split[tree + 1]):
            column, threshold, left = (
                lanes[trees.features[split]],
                trees.thresholds[split],
                trees.survivors[split],
            )
            if trees.nan_right[split] == 1:
                for lane in range(LANES):
                    alive[lane] &= -1 if column[lane] <= threshold else left
            else:
                for lane in range(LANES):
                    alive[lane] &= left if column[lane] > threshold else -1
        for lane in range(LANES):
            lowest = alive[lane] & -alive[lane]
            leaf = trees.first_bit[lowest % 67]
            sums[tree % classes, lane] += trees.leaves[trees.first_leaf[tree] + leaf]


@njit
def write_row(
    row: Floats,
    sums: Floats,
    lane: int,
    sigmoid: float,
    flags: npt.NDArray[np.int32],
    probabilities: Floats,
    at: int,
) -> None:
    """Turns a lane's sums into probabilities, or into a flag."""
    for feature in range(row.shape[0]):
        if math.isnan(row[feature]):
            flags[at] = NOT_WARM
            for place in range(probabilities.shape[1]):
                probabilities[at, place] = math.nan
            return
    flags[at] = 0
    if sums.shape[0] == 1:
        rises = 1.0 / (1.0 + math.exp(-sigmoid * sums[0, lane]))
        probabilities[at, 0] = 1.0 - rises
        probabilities[at, 1] = rises
        return
    softmax(sums, lane, probabilities[at])


@njit
def softmax(sums: Floats, lane: int, probabilities: Floats) -> None:
    """Exponentials over their total, each less the largest sum."""
    largest = sums[0, lane]
    for place in range(1, sums.shape[0]):
        largest = max(largest, sums[place, lane])
    total = 0.0
    for place in range(sums.shape[0]):
        probabilities[place] = math.exp(sums[place, lane] - largest)
        total += probabilities[place]
    for place in range(sums.shape[0]):
        probabilities[place] /= total


_INTS: Final = np.empty(1, np.int64)
_FLOATS: Final = np.empty(1)
_MATRIX: Final = np.empty((1, 1))
KERNELS: Final[tuple[Pair, ...]] = (
    (
        predict,
        (
            _MATRIX,
            _INTS,
            _FLOATS,
            np.empty(1, np.int8),
            _INTS,
            _INTS,
            _FLOATS,
            _INTS,
            _INTS,
            1,
            1.0,
            np.empty(1, np.int32),
            _MATRIX,
        ),
    ),
)
"""What to compile before the first row."""
