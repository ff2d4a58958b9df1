"""Every instrument gets one row, in the order in which they come, and every row starts a cache line."""

from __future__ import annotations

import numpy as np
import pytest

from services.features.row import LINE
from services.features.state import FREE, SMALLEST, State, find, lines
from shared.time import BEFORE_TAPE, DAY_NS, SECOND_NS


def met(instruments: list[int], piece: int = 0) -> State:
    """A state that has met these, so many at a time, with more room whenever it asks for some."""
    state = State(SECOND_NS, 0, DAY_NS, LINE)
    rows = np.array(instruments, np.int32)
    size = piece or max(len(rows), 1)
    for start in range(0, len(rows), size):
        part, at = rows[start : start + size], 0
        while (at := state.meet(at, part)) < len(part):
            state.grow(2 * len(state.rows))
    return state


def test_rows_are_given_in_the_order_of_coming_and_once() -> None:
    state = met([7, 3, 7, 900_000, 3, 5])
    assert state["known"] == 4
    assert state.rows["instrument"][:4].tolist() == [7, 3, 900_000, 5]
    assert state.sorted_slots[:4].tolist() == [1, 3, 0, 2]
    assert (state.rows["last_close_ns"][:4] == BEFORE_TAPE).all()
    assert [find(state.rows, one, state.table) for one in (7, 3, 900_000, 5, 6)] == [0, 1, 2, 3, FREE]


@pytest.mark.parametrize("piece", [1, 3, 100])
def test_it_does_not_matter_how_many_come_at_once(piece: int) -> None:
    instruments = np.random.default_rng(1).integers(1, 400, 1_000).tolist()
    whole, pieces = met(instruments), met(instruments, piece)
    assert whole["known"] == pieces["known"] == len(set(instruments))
    assert whole.rows.tobytes() == pieces.rows.tobytes()
    assert whole.sorted_slots.tobytes() == pieces.sorted_slots.tobytes()


def test_it_stops_at_the_first_new_one_that_has_no_room() -> None:
    state = State(SECOND_NS, 0, DAY_NS, LINE)
    rows = np.arange(1, SMALLEST + 3, dtype=np.int32)
    assert state.meet(0, rows) == SMALLEST
    assert state.meet(SMALLEST, rows) == SMALLEST
    state.grow(2 * SMALLEST)
    assert state.meet(SMALLEST, rows) == len(rows)


@pytest.mark.parametrize("rows", [0, 1, 64, 1_000])
def test_a_row_starts_where_a_cache_line_starts(rows: int) -> None:
    made = lines(rows, 3 * LINE)
    assert made.shape == (rows, 3 * LINE)
    assert made.flags.c_contiguous
    assert not made.any()
    assert made.ctypes.data % (LINE * made.itemsize) == 0 or not rows
