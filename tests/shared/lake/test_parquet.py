"""Blocks as Parquet files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.block import Block, join
from shared.failures import BadInput, Refused
from shared.lake.folders import files_of
from shared.lake.parquet import from_table, read_file, read_stream, to_table, write_block
from shared.stream import Stream
from shared.streams import ALL, FEATURES, ORDERS, TICKS
from shared.time import DAY_NS
from tests.fixtures.markets import same_rows, small_tape


def block_of(stream: Stream, rows: int, width: int, seed: int) -> Block:
    draw = np.random.default_rng(seed)
    columns = {}
    for column in stream.columns:
        shape = (rows, width) if column.vector else (rows,)
        columns[column.name] = draw.integers(0, 100, shape).astype(column.numpy)
    columns["event_time_ns"] = np.sort(columns["event_time_ns"])
    return stream.block(columns, watermark_ns=5, partition=3)


@pytest.mark.parametrize("stream", ALL, ids=lambda stream: stream.name)
@settings(max_examples=5, deadline=None)
@given(rows=st.integers(0, 20), width=st.integers(1, 5), seed=st.integers(0, 99))
def test_every_stream_comes_back_from_arrow_as_it_went(
    stream: Stream, rows: int, width: int, seed: int
) -> None:
    block = block_of(stream, rows, width, seed)
    found = from_table(stream, to_table(block), watermark_ns=5, partition=3)
    assert same_rows(found, block)
    assert all(found[name].dtype == block[name].dtype for name in stream.names)


def test_vectors_and_nan_come_back_from_a_file(tmp_path: Path) -> None:
    block = block_of(FEATURES, 7, 4, 1)
    block["values"][2, 1] = np.nan
    found = read_file(FEATURES, write_block(tmp_path, block, 0))
    assert same_rows(found, block)
    assert found["values"].shape == (7, 4)
    assert found.partition == 3


def test_a_file_lies_under_its_stream_and_day(tmp_path: Path) -> None:
    path = write_block(tmp_path, small_tape().ticks, 12)
    assert path == tmp_path / "stream=ticks" / "day=2026-01-05" / "partition=0" / "12.parquet"
    assert [file.name for file in path.parent.iterdir()] == ["12.parquet"]


def test_an_unfinished_file_is_not_seen(tmp_path: Path) -> None:
    path = write_block(tmp_path, small_tape().ticks, 0)
    path.with_name("1.unfinished").write_bytes(b"half")
    assert files_of(tmp_path, TICKS) == [path]


def test_files_come_back_in_the_order_of_the_stream(tmp_path: Path) -> None:
    ticks = small_tape().ticks
    for number, start in enumerate(range(0, len(ticks), 250)):
        write_block(tmp_path, ticks.rows(start, start + 250), number)
    assert same_rows(read_stream(tmp_path, TICKS), ticks)


def test_a_stretch_of_time_is_half_open(tmp_path: Path) -> None:
    ticks = small_tape().ticks
    write_block(tmp_path, ticks, 0)
    times = ticks["event_time_ns"]
    found = read_stream(tmp_path, TICKS, start_ns=int(times[10]), stop_ns=int(times[20]))
    assert same_rows(found, ticks.rows(10, 20))
    late = int(times[-1]) + DAY_NS
    assert len(read_stream(tmp_path, TICKS, start_ns=late)) == 0


def test_no_rows_make_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no rows to keep"):
        write_block(tmp_path, TICKS.empty(watermark_ns=0), 0)


def test_a_stream_that_was_never_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="holds no ticks"):
        read_stream(tmp_path, TICKS)


def test_a_file_that_is_no_parquet_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "0-0.parquet"
    path.write_bytes(b"no")
    with pytest.raises(Refused, match="not a readable Parquet file"):
        read_file(TICKS, path)


def test_a_column_that_came_later_is_zero_in_an_old_file() -> None:
    block = block_of(ORDERS, 3, 1, 1)
    old = to_table(block).drop(["closes"])
    assert not from_table(ORDERS, old, watermark_ns=0)["closes"].any()


def test_a_file_without_an_old_column_is_bad_input() -> None:
    table = to_table(small_tape().ticks).drop(["price"])
    with pytest.raises(BadInput, match="wants column price"):
        from_table(TICKS, table, watermark_ns=0)


def test_rows_of_several_partitions_are_sorted_together(tmp_path: Path) -> None:
    ticks = small_tape().ticks
    even = ticks["instrument"] % 2 == 0
    for partition, mask in enumerate((even, ~even)):
        rows = ticks.take(np.flatnonzero(mask))
        write_block(tmp_path, Block(TICKS, rows.columns, 0, partition), 0)
    assert same_rows(read_stream(tmp_path, TICKS), join([ticks]))
