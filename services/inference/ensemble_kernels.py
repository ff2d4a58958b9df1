"""Evaluates every member of a model, combines and calibrates them: one call, one thread.

Eight walks go down side by side, for each waits for memory most of the time: eight trees for one row, or
eight rows through one tree. Either way a row's sums are taken tree after tree, so that its answer is the
same to the last bit whatever rows stand beside it.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from shared.kernels import Pair, njit, part

TREES, OBLIVIOUS, LINEAR = 0, 1, 2
"""What a member is."""
KIND, FIRST_NODE, FIRST_GROUP, END_GROUP, FIRST_PLACE, FIRST_LEAF, FIRST_NUMBER, COLUMNS = range(8)
"""Where a member's share of each array begins."""
STACKED, CALIBRATED, MEASURED, SLOTS, META_SLOT, BLENDED = range(6)
"""What the first row of the table says of the whole."""
SCALE, SHIFT, LIMIT, SPREAD = 0, 3, 6, 7
"""What the first numbers are: the calibration, then the outlier's limit, means and inverse deviations."""
KEY_BITS: Final = 14
AHEAD_BITS: Final = 18
LANES: Final = 8
BLOCK: Final = 64
UNANSWERED, OUTLIER = 1, 2
"""Flags of a prediction."""
BELOW_ALL, ABOVE_ALL = -(1 << 31), (1 << 31) - 1
"""Keys of a missing value: no number's key is as low or as high."""

_KEY: Final = np.uint64((1 << KEY_BITS) - 1)
_AHEAD: Final = np.uint64((1 << AHEAD_BITS) - 1)
_KEY_BITS: Final = np.uint64(KEY_BITS)
_HIGH: Final = np.uint64(32)

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]


class Program(NamedTuple):
    """Every member of a model in a few flat arrays (see `packing`)."""

    nodes: Words
    leaves: Singles
    places: Keys
    groups: Keys
    numbers: Floats
    table: Ints


@njit
def predict(
    values: Floats,
    nodes: Words,
    leaves: Singles,
    places: Keys,
    groups: Keys,
    numbers: Floats,
    table: Ints,
    flags: Keys,
    probabilities: Floats,
    answers: Floats,
) -> None:
    """Writes what each member says of each row, and what they say together."""
    program = Program(nodes, leaves, places, groups, numbers, table)
    rows, members, slots = values.shape[0], answers.shape[1], table[0, SLOTS]
    block = min(rows, BLOCK)
    singles = np.empty(block * slots, np.float32)
    keys = singles.view(np.int32)
    lanes = np.empty((slots if block > LANES else 0, BLOCK), np.int32)
    sums = np.empty((block, 3))
    for start in range(0, rows, BLOCK):
        count = min(BLOCK, rows - start)
        for row in range(count):
            at = start + row
            flags[at] = write_keys(values[at], row * slots, singles, keys)
            if table[0, MEASURED] and is_far(values[at], numbers):
                flags[at] |= OUTLIER
        for line in range(1, table.shape[0]):
            if line > members:
                for row in range(count):
                    first = row * slots + table[0, META_SLOT]
                    write_answers(answers[start + row], first, singles, keys)
            if count > LANES and table[line, KIND] == OBLIVIOUS:
                lay_out(keys, slots, lanes, count)
            answer(program, line, values, start, keys, lanes, sums[:count])
            if line <= members:
                answers[start : start + count, line - 1] = sums[:count]
        if not table[0, STACKED]:
            average(program, answers[start : start + count], sums[:count])
        elif table[0, BLENDED]:
            blend(program, answers[start : start + count], sums[:count])
        for row in range(count):
            at = start + row
            if table[0, CALIBRATED]:
                calibrate(numbers, sums[row])
            unknown = math.isnan(sums[row, 0] + sums[row, 1] + sums[row, 2])
            if unknown or flags[at] & UNANSWERED:
                flags[at] |= UNANSWERED
                probabilities[at] = math.nan
            else:
                probabilities[at] = sums[row]


@part
def write_key(value: float, at: int, singles: Singles, keys: Keys) -> bool:
    """Writes a value as the two keys that nodes compare with; says whether it is missing."""
    if math.isnan(value):
        keys[at], keys[at + 1] = BELOW_ALL, ABOVE_ALL
        return True
    singles[at] = np.float32(value) + np.float32(0.0)
    bits = keys[at]
    keys[at] = keys[at + 1] = bits ^ ((bits >> 31) & 0x7FFFFFFF)
    return False


@part
def write_keys(row: Floats, first: int, singles: Singles, keys: Keys) -> int:
    """Writes a row's keys; a row with a missing value is not answered."""
    missing = False
    keys[first] = BELOW_ALL
    for column in range(row.shape[0]):
        missing |= write_key(row[column], first + 1 + 2 * column, singles, keys)
    return UNANSWERED if missing else 0


@part
def write_answers(answers: Floats, first: int, singles: Singles, keys: Keys) -> None:
    """Writes the members' probabilities where the meta member reads them."""
    for member in range(answers.shape[0]):
        for output in range(3):
            write_key(answers[member, output], first + 6 * member + 2 * output, singles, keys)


@part
def lay_out(keys: Keys, slots: int, lanes: Keys, count: int) -> None:
    """The keys of a block the other way round: one key of every row side by side."""
    for slot in range(slots):
        for row in range(count):
            lanes[slot, row] = keys[row * slots + slot]


@part
def is_far(row: Floats, numbers: Floats) -> bool:
    """Is the root mean square of the row's deviations over the limit."""
    columns = row.shape[0]
    total = 0.0
    for column in range(columns):
        off = (row[column] - numbers[SPREAD + column]) * numbers[SPREAD + columns + column]
        total += off * off
    return total > numbers[LIMIT] * numbers[LIMIT] * columns


@part
def answer(
    program: Program, line: int, values: Floats, start: int, keys: Keys, lanes: Keys, sums: Floats
) -> None:
    """One member's three probabilities for each row of the block."""
    member, numbers = program.table[line], program.numbers
    first = member[FIRST_NUMBER]
    for row in range(sums.shape[0]):
        for output in range(3):
            sums[row, output] = numbers[first + output]
    if member[KIND] == LINEAR:
        for row in range(sums.shape[0]):
            add_linear(program, member, values[start + row], sums[row])
    elif member[KIND] == OBLIVIOUS:
        if sums.shape[0] > LANES:
            add_oblivious_rows(program, member, lanes, sums)
        else:
            add_oblivious(program, member, keys, sums)
    else:
        add_trees(program, member, keys, sums)
    averaged = numbers[first + 3]
    for row in range(sums.shape[0]):
        if averaged > 0.0:
            for output in range(3):
                sums[row, output] /= averaged
        else:
            softmax(sums[row])


@part
def step(nodes: Words, keys: Keys, base: np.uint64, at: np.uint64) -> np.uint64:
    """The child that a row goes to; a leaf goes to itself."""
    node = nodes[at]
    right = keys[base + (node & _KEY)] > np.int32(node >> _HIGH)
    return at + ((node >> _KEY_BITS) & _AHEAD) + np.uint64(right)


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
    place = np.int64(program.nodes[at] >> _HIGH)
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
                place = 2 * place + int(keys[base + (node & _KEY)] > np.int32(node >> _HIGH))
            for output in range(3):
                sums[row, output] += program.leaves[leaf + 3 * place + output]
        split += depth
        leaf += 3 << depth


@part
def add_oblivious_rows(program: Program, member: Ints, lanes: Keys, sums: Floats) -> None:
    """The same for many rows: each question is asked of all of them at once."""
    split, leaf = member[FIRST_NODE], member[FIRST_LEAF]
    places = np.empty(BLOCK, np.int32)
    for group in range(member[FIRST_GROUP], member[END_GROUP]):
        depth = program.groups[2 * group]
        places[:] = 0
        for level in range(depth):
            node = program.nodes[split + level]
            lane, border, bit = lanes[node & _KEY], np.int32(node >> _HIGH), np.int32(1 << level)
            for row in range(BLOCK):
                places[row] |= bit if lane[row] > border else np.int32(0)
        for row in range(sums.shape[0]):
            at = leaf + 3 * np.int64(places[row])
            for output in range(3):
                sums[row, output] += program.leaves[at + output]
        split += depth
        leaf += 3 << depth


@part
def add_linear(program: Program, member: Ints, row: Floats, sums: Floats) -> None:
    """Adds every column's deviation times its three weights; a missing one adds nothing."""
    numbers, first = program.numbers, member[FIRST_NUMBER] + 4
    for column in range(member[COLUMNS]):
        at = first + 5 * column
        value = row[program.places[member[FIRST_PLACE] + column]]
        if not math.isnan(value):
            off = (np.float64(np.float32(value)) - numbers[at]) / numbers[at + 1]
            for output in range(3):
                sums[output] += off * numbers[at + 2 + output]


@part
def average(program: Program, answers: Floats, sums: Floats) -> None:
    """The weighted mean of the members' probabilities."""
    members = answers.shape[1]
    for row in range(sums.shape[0]):
        total = 0.0
        sums[row] = 0.0
        for member in range(members):
            weight = program.numbers[program.table[member + 1, FIRST_NUMBER] - 1]
            total += weight
            for output in range(3):
                sums[row, output] += weight * answers[row, member, output]
        for output in range(3):
            sums[row, output] /= total


@part
def blend(program: Program, answers: Floats, sums: Floats) -> None:
    """Half of what the meta member says, and half of the members' mean."""
    said = sums.copy()
    average(program, answers, sums)
    for row in range(sums.shape[0]):
        for output in range(3):
            sums[row, output] = 0.5 * (said[row, output] + sums[row, output])


@part
def calibrate(numbers: Floats, sums: Floats) -> None:
    """softmax(scale * log(probability) + shift)."""
    for output in range(3):
        sums[output] = numbers[SCALE + output] * math.log(sums[output]) + numbers[SHIFT + output]
    softmax(sums)


@part
def softmax(sums: Floats) -> None:
    """Exponentials over their total, each less the largest sum."""
    largest = max(sums[0], sums[1], sums[2])
    total = 0.0
    for output in range(3):
        sums[output] = math.exp(sums[output] - largest)
        total += sums[output]
    for output in range(3):
        sums[output] /= total


_FLOATS: Final = np.empty(1)
_KEYS: Final = np.empty(1, np.int32)
KERNELS: Final[tuple[Pair, ...]] = (
    (
        predict,
        (
            np.empty((1, 1)),
            np.empty(1, np.uint64),
            np.empty(1, np.float32),
            _KEYS,
            _KEYS,
            _FLOATS,
            np.empty((1, 1), np.int64),
            _KEYS,
            np.empty((1, 1)),
            np.empty((1, 1, 1)),
        ),
    ),
)
"""What to compile before the first row."""
