"""Writes small trees down as questions that can be asked all at once (see `lane_kernels`).

A tree's leaves are numbered from left to right, 32 to a word, and written word by word, the last one first:
of the words that have a leaf left over, the first one has the leaf. A question stands with every word in
which a yes rules leaves out. What is missing to whole calls are questions that rule nothing out.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from services.inference.lane_kernels import QUESTION, TOGETHER, TREE_HEAD, WORD_HEAD
from services.inference.parts import Met, Trees

WORD: Final = 32
MOST_WORDS: Final = 2
"""Words of leaves that are asked sooner than they are walked."""

Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.int32]
NONE: Final = np.zeros(0, np.int32)


class Leaves(NamedTuple):
    """From left to right: how many leaves lie below each node, the first of them, and where a tree begins."""

    below: Ints
    first: Ints
    starts: Ints


def leaves_of(trees: Trees, met: Met) -> Leaves:
    """Counted from the deepest level up, numbered in each tree from its root down.

    Behind the trees stands one of a single leaf.
    """
    inner = trees.feature >= 0
    below, first = (~inner).astype(np.int64), np.zeros(len(inner), np.int64)
    levels = [met.node[(met.level == level) & inner[met.node]] for level in range(int(met.level.max()))]
    for nodes in reversed(levels):
        below[nodes] = below[trees.left[nodes]] + below[trees.right[nodes]]
    for nodes in levels:
        first[trees.left[nodes]] = first[nodes]
        first[trees.right[nodes]] = first[nodes] + below[trees.left[nodes]]
    return Leaves(below, first, np.cumsum([0, *below[trees.roots], 1]))


class Asked(NamedTuple):
    """Questions: of which tree, the leaves on their left, the key they compare with, and their border."""

    tree: Ints
    first: Ints
    end: Ints
    key: Ints
    border: Ints


def script(asked: Asked, order: Ints, outputs: Ints, leaves: Leaves, size: int) -> Keys:
    """The trees in this order, an output each, or nothing if one is too large; a leaf has so many values."""
    words: Ints = -(-np.diff(leaves.starts) // WORD)
    if words.max() > MOST_WORDS:
        return NONE
    tree = np.repeat(order, words[order])
    begins = np.cumsum(words[order]) - words[order]
    word = np.repeat(begins + words[order], words[order]) - 1 - np.arange(len(tree))
    piece = np.zeros((len(words), MOST_WORDS), np.int64)
    piece[tree, word] = np.arange(len(tree))
    of, written = _written(asked, piece)
    times = -(-np.bincount(of, minlength=len(tree)) // TOGETHER)
    heads = np.zeros(len(tree), np.int64)
    heads[begins] = TREE_HEAD
    lengths = heads + WORD_HEAD + QUESTION * TOGETHER * times
    at = np.cumsum(lengths) - lengths
    made = np.zeros(int(lengths.sum()), np.int32)
    made[at[begins]], made[at[begins] + 1] = words[order], outputs
    at += heads
    made[at], made[at + 1] = times, size * (leaves.starts[tree] + WORD * word)
    rank = np.arange(len(of)) - np.searchsorted(of, of)
    made[(at[of] + WORD_HEAD + QUESTION * rank)[:, None] + np.arange(QUESTION)] = written
    return made


def _written(asked: Asked, piece: Ints) -> tuple[Ints, Keys]:
    """Each question with each word of leaves that a yes rules out any of, in the order of the pieces."""
    found = []
    for word in range(MOST_WORDS):
        low, high = (np.clip(end - WORD * word, 0, WORD) for end in (asked.first, asked.end))
        out = (1 << high) - (1 << low)
        each = np.stack([piece[asked.tree, word], asked.key, asked.border, out], axis=1)
        found.append(each[out != 0])
    rows = np.concatenate(found)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    return rows[:, 0], (rows[:, 1:] & 0xFFFFFFFF).astype(np.uint32).view(np.int32)
