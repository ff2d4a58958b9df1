"""A record of addresses says where arrays lie and keeps them alive."""

from __future__ import annotations

import gc
import weakref

import numpy as np

from services.features.arena import GROUP, arena_of, reads_of, records_of, steps_of
from services.features.catalogue import choice
from services.features.program import compile_program
from services.features.state import State
from shared.kernels import njit
from shared.time import DAY_NS, SECOND_NS


@njit
def looked_at(arena: object) -> tuple[int, int, int, int, int, int]:
    """What a kernel finds at the addresses."""
    kept = arena[0]  # type: ignore[index]
    rows, table = records_of(kept)
    ops, group = steps_of(kept)
    reads = reads_of(kept)
    return rows[1].instrument, table[3], ops[1].n1, group.shape[0], reads[0, 1], reads[1, 1]


def test_a_kernel_finds_the_arrays() -> None:
    program = compile_program([choice("sma_20"), choice("rsi_14")])
    state = State(SECOND_NS, 0, DAY_NS, program.row)
    state.rows[1]["instrument"], state.table[3] = 77, 5
    found = looked_at(arena_of(state, program.ops))
    assert found == (77, 5, 14, GROUP, program.ops["at"][3], 15)


def test_the_arrays_live_as_long_as_the_record() -> None:
    program = compile_program([choice("close")])
    state = State(SECOND_NS, 0, DAY_NS, program.row)
    arena, memory = arena_of(state, program.ops.copy()), weakref.ref(state.memory)
    del state
    gc.collect()
    assert memory() is not None
    assert arena[0]["memory"] == memory().ctypes.data  # type: ignore[union-attr]
    del arena
    gc.collect()
    assert memory() is None


def test_the_room_for_a_group_is_its_own() -> None:
    program = compile_program([choice("close")])
    state = State(SECOND_NS, 0, DAY_NS, program.row)
    one, other = arena_of(state, program.ops), arena_of(state, program.ops)
    assert np.unique([one[0]["group"], other[0]["group"]]).size == 2
