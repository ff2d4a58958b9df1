"""The lake: everything or nothing, by partition and day, and exactly what was given."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.block import Block, join
from shared.failures import Refused
from shared.lake import writer as writing
from shared.lake.folders import COMMITS, PENDING, UNFINISHED, counting, files_of
from shared.lake.parquet import read_stream
from shared.lake.writer import LEAST_ROWS, LakeWriter, by_day
from shared.streams import TICKS
from shared.time import DAY_NS
from tests.fixtures.house import ROOT
from tests.fixtures.markets import same_rows, small_tape


def rows_of(times: list[int], instruments: list[int], prices: list[int]) -> Block:
    """Trades; what is not said is zero."""
    columns = {c.name: np.zeros(len(times), c.numpy) for c in TICKS.columns}
    said = {"event_time_ns": times, "instrument": instruments, "price": prices, "kind": [1] * len(times)}
    return TICKS.block({**columns, **said}, watermark_ns=0)


def test_what_was_added_is_read_back_once_it_is_committed(tmp_path: Path) -> None:
    ticks = small_tape().ticks
    with LakeWriter(tmp_path) as writer:
        for start in range(0, len(ticks), 700):
            writer.add(ticks.rows(start, start + 700))
        assert files_of(tmp_path, TICKS) == []
        writer.commit("one", {"source": "x"})
    assert same_rows(read_stream(tmp_path, TICKS), ticks)
    assert files_of(tmp_path, TICKS)[0].parent == tmp_path / "stream=ticks/day=2026-01-05/partition=0"


@given(
    st.lists(st.tuples(st.integers(0, 3 * DAY_NS), st.integers(-3, 9), st.integers(0, 2)), min_size=1),
    st.lists(st.integers(0, 50), max_size=3),
)
@settings(max_examples=25)
def test_rows_in_any_order_come_back_in_that_of_the_stream_and_equals_in_theirs(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, int, int]], cuts: list[int]
) -> None:
    lake = tmp_path_factory.mktemp("lake")
    block = rows_of(*(list(column) for column in zip(*rows, strict=True)))
    edges = [0, *sorted(min(cut, len(block)) for cut in cuts), len(block)]
    with LakeWriter(lake) as writer:
        for start, stop in pairwise(edges):
            writer.add(block.rows(start, stop))
        writer.commit("one", {})
    assert same_rows(read_stream(lake, TICKS), block.sorted())


def test_files_are_filled_and_more_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "FILE_ROWS", 100)
    ticks = small_tape().ticks
    with LakeWriter(tmp_path) as writer:
        writer.add(ticks.rows(0, 1500))
        writer.add(ticks.rows(1500, 3000))
        writer.commit("one", {})
    assert len(files_of(tmp_path, TICKS)) > 20
    assert same_rows(read_stream(tmp_path, TICKS), ticks)


def test_dense_days_are_cut_at_midnight_and_sparse_ones_share_a_file() -> None:
    dense = list(range(0, 3 * DAY_NS, DAY_NS // LEAST_ROWS))
    pieces = list(by_day(rows_of(dense, [1] * len(dense), dense)))
    assert [int(piece["event_time_ns"][0]) for piece in pieces] == [0, DAY_NS, 2 * DAY_NS]
    daily = [day * DAY_NS for day in range(1000)]
    assert len(list(by_day(rows_of(daily, [1] * 1000, daily)))) == 1


def test_what_was_not_committed_never_was(tmp_path: Path) -> None:
    ticks = small_tape().ticks
    with LakeWriter(tmp_path) as writer:
        writer.add(ticks)
        writer.commit("one", {})
        writer.add(ticks)
    assert same_rows(read_stream(tmp_path, TICKS), ticks)
    assert not list(tmp_path.rglob(f"*{UNFINISHED}"))


def test_a_source_that_is_abandoned_leaves_room_for_the_next(tmp_path: Path) -> None:
    ticks = small_tape().ticks
    with LakeWriter(tmp_path) as writer:
        writer.add(ticks.rows(0, 50))
        writer.abandon()
        writer.add(ticks)
        writer.commit("two", {})
    assert same_rows(read_stream(tmp_path, TICKS), ticks)


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    with LakeWriter(tmp_path), pytest.raises(Refused, match="another process writes to"):
        LakeWriter(tmp_path)
    LakeWriter(tmp_path).close()


CRASH = """
import os, sys
from pathlib import Path
from shared.lake import folders, writer
from tests.fixtures.markets import small_tape
lake, place = Path(sys.argv[1]), sys.argv[2]
ticks = small_tape().ticks
made = writer.LakeWriter(lake)
made.add(ticks.rows(0, 1000)); made.commit("one", {})
made.add(ticks.rows(1000, 3000))
def die(*_): os._exit(9)
if place == "before the record":
    writer.write_whole = die
elif place == "behind the record":
    writer.finish = die
else:
    real, done = Path.replace, []
    def replace(self, goal):
        done.append(goal)
        if len(done) > 4: die()
        return real(self, goal)
    Path.replace = replace
made.commit("two", {})
"""


@pytest.mark.parametrize(
    ("place", "rows"), [("before the record", 1000), ("behind the record", 3000), ("between the names", 3000)]
)
def test_a_crash_loses_nothing_that_was_decided_and_doubles_nothing(
    tmp_path: Path, place: str, rows: int
) -> None:
    child = subprocess.run([sys.executable, "-c", CRASH, str(tmp_path), place], cwd=ROOT, check=False)
    assert child.returncode == 9
    ticks = small_tape().ticks
    assert same_rows(read_stream(tmp_path, TICKS), ticks.rows(0, rows))
    with LakeWriter(tmp_path) as writer:
        writer.add(ticks.rows(rows, 3000))
        writer.commit("three", {})
    assert same_rows(read_stream(tmp_path, TICKS), ticks)
    assert not list((tmp_path / COMMITS).glob(f"*{PENDING}"))
    assert not list(tmp_path.rglob(f"*{UNFINISHED}"))


def test_a_file_that_another_covers_does_not_count() -> None:
    names = ["0.parquet", "1.parquet", "0-2.parquet", "10.parquet", "3.parquet", "2.parquet"]
    assert [path.name for path in counting(map(Path, names))] == ["0-2.parquet", "3.parquet", "10.parquet"]


def test_columns_of_nothing_take_no_room(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    trades = rows_of([1, 2], [1, 1], [7, 8])
    with LakeWriter(tmp_path) as writer:
        writer.add(trades)
        writer.commit("one", {})
    (path,) = files_of(tmp_path, TICKS)
    assert pq.ParquetFile(path).schema_arrow.names == ["event_time_ns", "instrument", "kind", "price"]
    assert same_rows(read_stream(tmp_path, TICKS), join([trades]))
