"""A forest as flat arrays that the kernel walks through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from services.inference.forest_kernels import FIRST_BIT, KERNELS
from services.inference.forest_text import DEFAULT_LEFT, MISSING_NAN, ForestText, Tree, parse
from shared import kernels


class Forest:
    """A boosted forest; the same row gives the same bits whatever rows stand beside it."""

    def __init__(self, text: ForestText) -> None:
        self.feature_names = text.feature_names
        self.classes = max(text.classes, 2)
        ordered = [_left_to_right(tree) for tree in text.trees]
        self._arrays = (
            _joined([tree.features for tree in text.trees], np.int64),
            _joined([tree.thresholds for tree in text.trees], np.float64),
            _joined([_nan_right(tree) for tree in text.trees], np.int8),
            _joined([survivors for survivors, _ in ordered], np.int64),
            _starts([len(tree.features) for tree in text.trees]),
            _joined(
                [tree.leaves[order] for tree, (_, order) in zip(text.trees, ordered, strict=True)], np.float64
            ),
            _starts([len(tree.leaves) for tree in text.trees]),
            FIRST_BIT,
            text.classes,
            text.sigmoid,
        )
        self._predict = kernels.entry(*KERNELS[0])

    @staticmethod
    def parse(content: bytes) -> Forest:
        """The forest that a LightGBM model's text describes."""
        return Forest(parse(content))

    def predict(
        self, values: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
        """Flags and class probabilities of each row."""
        flags = np.empty(len(values), np.int32)
        probabilities = np.empty((len(values), self.classes))
        if len(values):
            self._predict(kernels.column(values, np.dtype(np.float64)), *self._arrays, flags, probabilities)
        return flags, probabilities


def _left_to_right(tree: Tree) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """For each split the leaves that survive a turn to the right, and the leaves in their order."""
    splits = len(tree.features)
    survivors = np.full(splits, -1, np.int64)
    order: list[int] = []
    first = [0] * splits
    waiting = [(0 if splits else -1, False)]
    while waiting:
        node, left_is_done = waiting.pop()
        if node < 0:
            order.append(~node)
        elif not left_is_done:
            first[node] = len(order)
            waiting += [(int(tree.right[node]), False), (node, True), (int(tree.left[node]), False)]
        else:
            gone = (1 << len(order)) - (1 << first[node])
            survivors[node] = ~gone
    return survivors, np.array(order, np.int64)


def _nan_right(tree: Tree) -> npt.NDArray[np.int8]:
    """Where a missing value goes: as the split says, or as zero would if it says nothing."""
    told = tree.kinds & MISSING_NAN != 0
    right = np.where(told, tree.kinds & DEFAULT_LEFT == 0, ~(tree.thresholds >= 0.0))
    return right.astype(np.int8)


def _joined(parts: Sequence[npt.NDArray[Any]], dtype: type[np.generic]) -> npt.NDArray[Any]:
    return np.ascontiguousarray(np.concatenate(parts), dtype)


def _starts(lengths: list[int]) -> npt.NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
