"""Trees asked all their questions at once, of a whole block of rows side by side: none waits for another.

A tree's leaves are bits. Every answer of yes rules out the leaves on its left, and the first leaf that is
left over is the one that a walk would have come to (QuickScorer, Lucchese and others 2015). See `questions`
for how trees are written down. A row's sums are taken tree after tree, as walks take them.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from services.inference.layout import (
    BLOCK,
    END_GROUP,
    END_SCRIPT,
    FIRST_GROUP,
    FIRST_LEAF,
    FIRST_NODE,
    FIRST_NUMBER,
    FIRST_SCRIPT,
    HIGH,
    KEY,
    Floats,
    Ints,
    Keys,
    Program,
    Singles,
)
from shared.kernels import part

TOGETHER: Final = 4
"""Questions that are asked in one go over the rows."""
QUESTION: Final = 3
"""Places of a question: the key it compares with, its border, and the leaves that a yes rules out."""
TREE_HEAD: Final = 2
"""Places before a tree: of how many words of leaves it is, and its output."""
WORD_HEAD: Final = 2
"""Places before a word of leaves: how often some questions are asked together, and where its values begin."""
_NONE: Final = np.int32(0)
_EXPONENT: Final = np.int32(23)
_BIAS: Final = np.int32(127)
_BYTE: Final = np.int32(255)


@part
def lay_out(keys: Keys, slots: int, first: int, end: int, lanes: Keys, count: int) -> None:
    """Some keys of a block the other way round: one key of every row side by side."""
    for slot in range(first, end):
        for row in range(count):
            lanes[slot, row] = keys[row * slots + slot]


@part
def add_asked(program: Program, member: Ints, lanes: Keys, sums: Floats) -> None:
    """Adds every tree's leaf to the sums of each row."""
    script, at = program.places, member[FIRST_SCRIPT]
    gone, found = np.empty(BLOCK, np.int32), np.zeros(BLOCK, np.int32)
    lowest, totals = np.empty(BLOCK, np.float32), np.empty((3, BLOCK))
    begin(program, member, totals)
    while at < member[END_SCRIPT]:
        words, output = script[at], script[at + 1]
        at += TREE_HEAD
        for _ in range(words):
            times, first = script[at], script[at + 1]
            at += WORD_HEAD
            gone[:] = _NONE
            for _ in range(times):
                ask(script, at, lanes, gone)
                at += TOGETHER * QUESTION
            find(gone, lowest, found, first, np.int32(1 if output >= 0 else 3))
        add_found(program.leaves, member[FIRST_LEAF], found, output, totals)
    hand_over(totals, sums)


@part
def ask(script: Keys, at: int, lanes: Keys, gone: Keys) -> None:
    """Asks some questions of all rows, and adds the leaves that they rule out."""
    a, b, c, d = script[at], script[at + 3], script[at + 6], script[at + 9]
    over_a, over_b, over_c, over_d = script[at + 1], script[at + 4], script[at + 7], script[at + 10]
    rules_a, rules_b, rules_c, rules_d = script[at + 2], script[at + 5], script[at + 8], script[at + 11]
    for row in range(BLOCK):
        one = rules_a if lanes[a, row] > over_a else _NONE
        two = rules_b if lanes[b, row] > over_b else _NONE
        three = rules_c if lanes[c, row] > over_c else _NONE
        four = rules_d if lanes[d, row] > over_d else _NONE
        gone[row] |= (one | two) | (three | four)


@part
def find(gone: Keys, lowest: Singles, found: Keys, first: int, size: np.int32) -> None:
    """Where the values of each row's first leaf of a word lie; a row whose leaves are all gone keeps its own.

    A power of two says which one it is by its exponent as a float.
    """
    bits = lowest.view(np.int32)
    for row in range(BLOCK):
        left = ~gone[row]
        lowest[row] = np.float32(np.int32(left & -left))
    for row in range(BLOCK):
        place = first + size * (((bits[row] >> _EXPONENT) & _BYTE) - _BIAS)
        found[row] = place if gone[row] != np.int32(-1) else found[row]


@part
def add_found(leaves: Singles, first: int, found: Keys, output: int, totals: Floats) -> None:
    """Adds each row's leaf to the sums of one class, or its three values to all."""
    to_all = output < 0
    for each in range(0 if to_all else output, 3 if to_all else output + 1):
        own = first + (each if to_all else 0)
        for row in range(BLOCK):
            totals[each, row] += leaves[np.uint64(own + found[row])]


@part
def add_oblivious_rows(program: Program, member: Ints, lanes: Keys, sums: Floats) -> None:
    """Adds every oblivious tree's leaf to the sums of each row: an answer is a bit of its place."""
    split, leaf = member[FIRST_NODE], member[FIRST_LEAF]
    found, totals = np.empty(BLOCK, np.int32), np.empty((3, BLOCK))
    begin(program, member, totals)
    for group in range(member[FIRST_GROUP], member[END_GROUP]):
        depth = program.groups[2 * group]
        found[:] = _NONE
        for level in range(depth):
            node = program.nodes[split + level]
            lane, border, bit = lanes[node & KEY], np.int32(node >> HIGH), np.int32(1 << level)
            for row in range(BLOCK):
                found[row] |= bit if lane[row] > border else _NONE
        for each in range(3):
            for row in range(BLOCK):
                totals[each, row] += program.leaves[np.uint64(leaf + 3 * found[row] + each)]
        split += depth
        leaf += 3 << depth
    hand_over(totals, sums)


@part
def begin(program: Program, member: Ints, totals: Floats) -> None:
    """Every row's sums begin at the member's base."""
    for each in range(3):
        totals[each] = program.numbers[member[FIRST_NUMBER] + each]


@part
def hand_over(totals: Floats, sums: Floats) -> None:
    """The sums a row a line."""
    for row in range(sums.shape[0]):
        for each in range(3):
            sums[row, each] = totals[each, row]
