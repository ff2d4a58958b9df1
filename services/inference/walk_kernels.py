"""Trees walked from their roots: for one row, a few, and trees that are too large to be asked all at once.

Eight walks go down side by side, for each waits for memory most of the time: eight trees for one row, or
eight rows through one tree. Either way a row's sums are taken tree after tree.
"""

from __future__ import annotations

import numpy as np

from services.inference.layout import (
    AHEAD,
    END_GROUP,
    FIRST_GROUP,
    FIRST_LEAF,
    FIRST_NODE,
    FIRST_PLACE,
    HIGH,
    KEY,
    KEY_SHIFT,
    LANES,
    SLOTS,
    Floats,
    Ints,
    Keys,
    Program,
    Words,
)
from shared.kernels import part


@part
def step(nodes: Words, keys: Keys, base: np.uint64, at: np.uint64) -> np.uint64:
    """The child that a row goes to; a leaf goes to itself."""
    node = nodes[at]
    right = keys[base + (node & KEY)] > np.int32(node >> HIGH)
    return at + ((node >> KEY_SHIFT) & AHEAD) + np.uint64(right)


@part
def add_trees(program: Program, member: Ints, keys: Keys, sums: Floats) -> None:
    """Adds every tree's leaf to the sums of each row."""
    rows, slots = sums.shape[0], program.table[0, SLOTS]
    for group in range(member[FIRST_GROUP], member[END_GROUP]):
        first = member[FIRST_PLACE] + LANES * (group - member[FIRST_GROUP])
        depth, output = program.groups[2 * group], program.groups[2 * group + 1]
        done = rows - rows % LANES
        for lane in range(LANES):
            for row in range(0, done, LANES):
                walk_rows(program, program.places[first + lane], row, slots, depth, output, keys, sums)
        for row in range(done, rows):
            walk_trees(program, first, row * slots, depth, output, keys, sums[row])


@part
def walk_rows(
    program: Program, root: int, row: int, slots: int, depth: int, output: int, keys: Keys, sums: Floats
) -> None:
    """Eight rows through one tree."""
    nodes, one = program.nodes, np.uint64(slots)
    k = np.uint64(row * slots)
    l = k + one
    m = l + one
    n = m + one
    o = n + one
    p = o + one
    q = p + one
    r = q + one
    a = b = c = d = e = f = g = h = np.uint64(root)
    for _ in range(depth):
        a, b, c, d = (
            step(nodes, keys, k, a),
            step(nodes, keys, l, b),
            step(nodes, keys, m, c),
            step(nodes, keys, n, d),
        )
        e, f, g, h = (
            step(nodes, keys, o, e),
            step(nodes, keys, p, f),
            step(nodes, keys, q, g),
            step(nodes, keys, r, h),
        )
    for lane, at in enumerate((a, b, c, d, e, f, g, h)):
        add_leaf(program, at, output, sums[row + lane])


@part
def walk_trees(
    program: Program, first: int, base: int, depth: int, output: int, keys: Keys, sums: Floats
) -> None:
    """One row through eight trees."""
    nodes, k, roots = program.nodes, np.uint64(base), program.places[first : first + LANES]
    a, b, c, d = np.uint64(roots[0]), np.uint64(roots[1]), np.uint64(roots[2]), np.uint64(roots[3])
    e, f, g, h = np.uint64(roots[4]), np.uint64(roots[5]), np.uint64(roots[6]), np.uint64(roots[7])
    for _ in range(depth):
        a, b, c, d = (
            step(nodes, keys, k, a),
            step(nodes, keys, k, b),
            step(nodes, keys, k, c),
            step(nodes, keys, k, d),
        )
        e, f, g, h = (
            step(nodes, keys, k, e),
            step(nodes, keys, k, f),
            step(nodes, keys, k, g),
            step(nodes, keys, k, h),
        )
    for at in (a, b, c, d, e, f, g, h):
        add_leaf(program, at, output, sums)


@part
def add_leaf(program: Program, at: np.uint64, output: int, sums: Floats) -> None:
    """Adds a leaf's value to one class, or its three to all."""
    place = np.int64(program.nodes[at] >> HIGH)
    if output >= 0:
        sums[output] += program.leaves[place]
    else:
        for each in range(3):
            sums[each] += program.leaves[place + each]


@part
def add_oblivious(program: Program, member: Ints, keys: Keys, sums: Floats) -> None:
    """Adds every oblivious tree's leaf: its place is one bit a question, none waits for another."""
    split, leaf = member[FIRST_NODE], member[FIRST_LEAF]
    slots = program.table[0, SLOTS]
    for group in range(member[FIRST_GROUP], member[END_GROUP]):
        depth = program.groups[2 * group]
        for row in range(sums.shape[0]):
            base, place = np.uint64(row * slots), 0
            for level in range(depth - 1, -1, -1):
                node = program.nodes[split + level]
                place = 2 * place + int(keys[base + (node & KEY)] > np.int32(node >> HIGH))
            for output in range(3):
                sums[row, output] += program.leaves[leaf + 3 * place + output]
        split += depth
        leaf += 3 << depth
