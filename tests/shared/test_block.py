"""A block's rows are columns: cut, taken, sorted and joined without losing one."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.block import Block, join
from shared.streams import BARS, FEATURES, FILLS
from tests.fixtures.blocks import block
from tests.fixtures.stores import rows_of


def same(one: Block, other: Block) -> bool:
    return all(one[name].tobytes() == other[name].tobytes() for name in one.stream.names)


@settings(max_examples=30)
@given(st.integers(1, 30), st.sets(st.integers(1, 29)))
def test_cut_rows_join_to_the_whole(rows: int, cuts: set[int]) -> None:
    whole = rows_of(FEATURES, rows)
    places = [0, *sorted(cut for cut in cuts if cut < rows), rows]
    parts = [whole.rows(start, stop) for start, stop in pairwise(places)]
    assert same(join(parts), whole)


def test_joining_keeps_the_last_promise() -> None:
    made = join([block(BARS, [1], watermark_ns=1), BARS.empty(watermark_ns=9, partition=0)])
    assert (len(made), made.watermark_ns) == (1, 9)


def test_rows_are_sorted_by_the_stream_s_key_and_ties_keep_their_order() -> None:
    made = block(FILLS, [2, 1, 1, 1], watermark_ns=9, instrument=[1, 2, 1, 1], exec_id=[1, 2, 3, 4])
    assert made.sorted()["exec_id"].tolist() == [3, 4, 2, 1]


def test_a_moment_that_is_in_order_is_not_touched_and_one_that_is_not_is_sorted() -> None:
    in_order = block(BARS, [5, 5, 5], watermark_ns=9, instrument=[1, 2, 3])
    assert in_order.sorted() is in_order
    for times, instruments in (([5, 5, 5], [1, 3, 2]), ([5, 6, 5], [1, 2, 3])):
        mixed = block(BARS, times, watermark_ns=9, instrument=instruments)
        rows = list(zip(*(mixed.sorted()[name].tolist() for name in BARS.order), strict=True))
        assert rows == sorted(zip(times, instruments, strict=True))


def test_a_number_and_a_promise_leave_the_rows_alone() -> None:
    made = rows_of(BARS, 3)
    numbered = made.numbered("t", 7, 6).until(99)
    assert same(made, numbered)
    assert (numbered.run, numbered.seq, numbered.prev_seq, numbered.watermark_ns) == ("t", 7, 6, 99)
    assert made.seq == 0


def test_a_frame_gives_back_the_block() -> None:
    made = rows_of(FEATURES, 4, width=12)
    frame = made.to_pandas()
    assert same(Block.from_pandas(FEATURES, frame, watermark_ns=made.watermark_ns), made)
    assert frame["values_11"].tolist() == made["values"][:, 11].tolist()


def test_taking_rows_follows_the_places() -> None:
    made = rows_of(BARS, 5)
    places = np.array([4, 0, 4])
    assert made.take(places)["close"].tolist() == made["close"][places].tolist()
