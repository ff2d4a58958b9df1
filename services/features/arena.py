"""Where a partition's arrays lie, as one small record: every array that a kernel is handed costs a call time.

When the arrays move, it must be made anew; until then it keeps those that it knows alive.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numba as _numba
import numpy as np
import numpy.typing as npt

from services.features.calls import Group, pointer_to
from services.features.program import OP, READ
from services.features.state import STATE, State
from shared.kernels import part

numba: Any = _numba

GROUP: Final = 16
"""Rows that a step takes in one call: few enough that what they hold stays close to the processor."""
ARRAYS: Final = ("rows", "table", "memory", "ops", "reads", "group")
SIZES: Final = ("capacity", "slots", "places", "updates", "width", "warm", "session_ns")
ARENA: Final = np.dtype((np.record, np.dtype([(name, np.int64) for name in (*ARRAYS, *SIZES)], align=True)))
"""Addresses of the arrays, how long they are, and how long a session is."""


class _Room(bytearray):
    """The record's own bytes, which hold on to the arrays as long as anyone looks at the record."""

    arrays: Mapping[str, npt.NDArray[Any]]


def arena_of(state: State, ops: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """The record of these arrays."""
    reads, room = ops[ops["step"] == READ], _Room(ARENA.itemsize)
    arrays = (
        state.rows,
        state.table,
        state.memory,
        ops,
        np.array([reads["at"], reads["n1"]]),
        np.zeros(GROUP, np.int64),
    )
    room.arrays = dict(zip(ARRAYS, arrays, strict=True))
    arena = np.frombuffer(room, ARENA)
    kept = arena[0]
    for name, array in room.arrays.items():
        kept[name] = array.ctypes.data
    kept["capacity"], kept["places"], kept["slots"] = len(state.rows), state.places, len(state.table)
    kept["updates"], kept["width"] = len(ops) - len(reads), len(reads)
    kept["warm"], kept["session_ns"] = reads["n1"].max(), state["session_ns"]
    return arena


@part
def records_of(kept: Any) -> tuple[Any, npt.NDArray[np.int64]]:
    """The records of the instruments and the hash table that finds them."""
    rows = numba.carray(pointer_to(kept.rows), (kept.capacity,), STATE)
    return rows, numba.carray(pointer_to(kept.table), (kept.slots,), np.int64)


@part
def steps_of(kept: Any) -> tuple[Any, Group]:
    """The steps of the program, and room for the addresses of the rows that they are to take."""
    ops = numba.carray(pointer_to(kept.ops), (kept.updates,), OP)
    return ops, numba.carray(pointer_to(kept.group), (GROUP,), np.int64)


@part
def reads_of(kept: Any) -> npt.NDArray[np.int64]:
    """Where a row holds the vector's values, and the bars until each has one."""
    return numba.carray(pointer_to(kept.reads), (2, kept.width), np.int64)
