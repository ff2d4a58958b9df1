"""How a model lies in memory: every member in a few flat arrays, which one kernel call takes."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

TREES, OBLIVIOUS, LINEAR = 0, 1, 2
"""What a member is."""
KIND, FIRST_NODE, FIRST_GROUP, END_GROUP, FIRST_PLACE, FIRST_LEAF, FIRST_NUMBER, COLUMNS = range(8)
"""Where a member's share of each array begins."""
FIRST_SCRIPT, END_SCRIPT, LINE = 8, 9, 10
"""Where the questions of its trees lie among the places (see `questions`), and how long its line is."""
STACKED, CALIBRATED, MEASURED, SLOTS, META_SLOT, BLENDED = range(6)
"""What the first row of the table says of the whole."""
SCALE, SHIFT, LIMIT, SPREAD = 0, 3, 6, 7
"""What the first numbers are: the calibration, then the outlier's limit, means and inverse deviations."""
KEY_BITS: Final = 14
AHEAD_BITS: Final = 18
LANES: Final = 8
"""Walks that go down side by side."""
BLOCK: Final = 64
"""Rows that are answered together."""

KEY: Final = np.uint64((1 << KEY_BITS) - 1)
AHEAD: Final = np.uint64((1 << AHEAD_BITS) - 1)
KEY_SHIFT: Final = np.uint64(KEY_BITS)
HIGH: Final = np.uint64(32)
"""Where the parts of a node's word lie."""

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
