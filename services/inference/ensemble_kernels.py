"""Evaluates every member of a model, combines and calibrates them: one call, one thread.

A tree is walked for a few rows (`walk_kernels`) and asked all its questions at once for many
(`lane_kernels`). Either way a row's sums are taken tree after tree, so that its answer is the same to the
last bit whatever rows stand beside it.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from services.inference.lane_kernels import add_asked, add_oblivious_rows, lay_out
from services.inference.layout import (
    BLENDED,
    BLOCK,
    CALIBRATED,
    COLUMNS,
    END_SCRIPT,
    FIRST_NUMBER,
    FIRST_PLACE,
    FIRST_SCRIPT,
    KIND,
    LANES,
    LIMIT,
    LINEAR,
    MEASURED,
    META_SLOT,
    OBLIVIOUS,
    SCALE,
    SHIFT,
    SLOTS,
    SPREAD,
    STACKED,
    Floats,
    Ints,
    Keys,
    Program,
    Singles,
    Words,
)
from services.inference.walk_kernels import add_oblivious, add_trees
from shared.kernels import Pair, njit, part

ASKED: Final = 24
"""Rows from which on all questions of a small tree are asked sooner than its walks are walked."""
UNANSWERED, OUTLIER = 1, 2
"""Flags of a prediction."""
BELOW_ALL, ABOVE_ALL = -(1 << 31), (1 << 31) - 1
"""Keys of a missing value: no number's key is as low or as high."""


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
        if count > LANES:
            lay_out(keys, slots, 0, table[0, META_SLOT], lanes, count)
        for line in range(1, table.shape[0]):
            if line > members:
                for row in range(count):
                    first = row * slots + table[0, META_SLOT]
                    write_answers(answers[start + row], first, singles, keys)
                if count > LANES:
                    lay_out(keys, slots, table[0, META_SLOT], slots, lanes, count)
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
    first, rows = member[FIRST_NUMBER], sums.shape[0]
    for row in range(rows):
        for output in range(3):
            sums[row, output] = numbers[first + output]
    if member[KIND] == LINEAR:
        for row in range(rows):
            add_linear(program, member, values[start + row], sums[row])
    elif member[KIND] == OBLIVIOUS:
        if rows > LANES:
            add_oblivious_rows(program, member, lanes, sums)
        else:
            add_oblivious(program, member, keys, sums)
    elif rows >= ASKED and member[FIRST_SCRIPT] < member[END_SCRIPT]:
        add_asked(program, member, lanes, sums)
    else:
        add_trees(program, member, keys, sums)
    averaged = numbers[first + 3]
    for row in range(rows):
        if averaged > 0.0:
            for output in range(3):
                sums[row, output] /= averaged
        else:
            softmax(sums[row])


@part
def add_linear(program: Program, member: Ints, row: Floats, sums: Floats) -> None:
    """Adds every column's deviation times its three weights; a missing one adds nothing."""
    numbers, first = program.numbers, member[FIRST_NUMBER] + 4
    sell, hold, buy = sums[0], sums[1], sums[2]
    for column in range(member[COLUMNS]):
        at = first + 5 * column
        value = row[program.places[member[FIRST_PLACE] + column]]
        if not math.isnan(value):
            off = (np.float64(np.float32(value)) - numbers[at]) / numbers[at + 1]
            sell += off * numbers[at + 2]
            hold += off * numbers[at + 3]
            buy += off * numbers[at + 4]
    sums[0], sums[1], sums[2] = sell, hold, buy


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
