"""How a tape is cut."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.cuts import PartitionTable, cut, empty_cut, one_cut
from shared.block import Block, join
from shared.ids import partition_of
from shared.streams import TICKS
from shared.time import END_OF_TAPE
from tests.fixtures.markets import same_rows, small_tape


def tape_of(times: list[int], instruments: int = 3) -> Block:
    rows = len(times)
    columns = {column.name: np.zeros(rows, column.numpy) for column in TICKS.columns}
    columns["event_time_ns"] = np.array(sorted(times), np.int64)
    columns["instrument"] = (np.arange(rows) % instruments + 1).astype(np.int32)
    columns["price"] = np.arange(rows)
    return TICKS.block(columns, watermark_ns=0).sorted()


times = st.lists(st.integers(0, 30), min_size=1, max_size=60)
sizes = st.integers(1, 70)
partitions = st.sampled_from([1, 3, 8])


@settings(max_examples=60, deadline=None)
@given(times, sizes, partitions)
def test_every_partition_gets_a_block_of_every_cut_under_one_promise(
    told: list[int], size: int, count: int
) -> None:
    for blocks in cut(tape_of(told), size, count):
        assert [block.partition for block in blocks] == list(range(count))
        assert len({block.watermark_ns for block in blocks}) == 1


@settings(max_examples=60, deadline=None)
@given(times, sizes, partitions)
def test_no_row_comes_at_or_before_a_promise(told: list[int], size: int, count: int) -> None:
    promised = -1
    for blocks in cut(tape_of(told), size, count):
        for block in blocks:
            assert (block["event_time_ns"] > promised).all()
        assert blocks[0].watermark_ns >= promised
        promised = blocks[0].watermark_ns
    assert promised == END_OF_TAPE


@settings(max_examples=60, deadline=None)
@given(times, sizes, partitions)
def test_the_cuts_hold_the_tape_and_nothing_else(told: list[int], size: int, count: int) -> None:
    tape = tape_of(told)
    cuts = list(cut(tape, size, count))
    assert len(cuts) == -(-len(tape) // size) + 1
    assert not any(len(block) for block in cuts[-1])
    for p in range(count):
        own = np.array([partition_of(int(i), count) == p for i in tape["instrument"]])
        assert same_rows(join([blocks[p] for blocks in cuts]), tape.take(np.flatnonzero(own)))


@given(st.integers(1, 5))
def test_a_promise_is_the_last_time_unless_the_next_row_shares_it(size: int) -> None:
    promises = [blocks[0].watermark_ns for blocks in cut(tape_of([1, 2, 2, 2, 5]), size, 2)]
    wanted = {
        1: [1, 1, 1, 2, 5],
        2: [1, 2, 5],
        3: [1, 5],
        4: [2, 5],
        5: [5],
    }
    assert promises == [*wanted[size], END_OF_TAPE]


def test_long_tapes_are_cut_like_short_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    tape = small_tape().ticks.rows(0, 1_000)
    whole = list(cut(tape, 7, 8))
    monkeypatch.setattr("services.ingest.cuts._CHUNK_ROWS", 70)
    for one, other in zip(cut(tape, 7, 8), whole, strict=True):
        assert one[0].watermark_ns == other[0].watermark_ns
        assert all(same_rows(a, b) for a, b in zip(one, other, strict=True))


def test_a_whole_tape_is_one_block_a_partition() -> None:
    tape = small_tape().ticks
    cuts = list(cut(tape, len(tape), 8))
    assert len(cuts) == 2
    assert cuts[0][0].watermark_ns == tape["event_time_ns"][-1]


def test_partitions_are_those_of_every_engine() -> None:
    ids = np.array([5, 1, 900, 5], np.int32)
    assert PartitionTable(ids, 8)(ids).tolist() == [partition_of(int(i), 8) for i in ids]


def test_one_cut_keeps_every_row() -> None:
    tape = small_tape().ticks
    blocks = one_cut(tape, PartitionTable(tape["instrument"], 8), 99)
    assert sum(len(block) for block in blocks) == len(tape)
    assert {block.watermark_ns for block in blocks} == {99}


def test_a_run_of_one_partition_takes_rows_from_wherever_they_lay() -> None:
    tape = replace(tape_of([1, 2, 3]), partition=7)
    (block,) = one_cut(tape, PartitionTable(tape["instrument"], 1), 3)

    assert (block.partition, len(block), block.watermark_ns) == (0, 3, 3)
    assert {block.partition for blocks in cut(tape, 2, 1) for block in blocks} == {0}


def test_an_empty_cut_is_only_time() -> None:
    assert [(len(block), block.watermark_ns) for block in empty_cut(2, 7)] == [(0, 7), (0, 7)]
