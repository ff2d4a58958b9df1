"""Compaction: fewer files, the same rows, at any moment."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from shared.lake.compaction import compact
from shared.lake.folders import files_of
from shared.lake.parquet import read_stream
from shared.lake.writer import LakeWriter
from shared.streams import TICKS
from tests.fixtures.markets import same_rows, small_tape


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """A lake of many small files."""
    ticks = small_tape().ticks
    with LakeWriter(tmp_path / "lake") as writer:
        for number, start in enumerate(range(0, len(ticks), 300)):
            writer.add(ticks.rows(start, start + 300))
            writer.commit(str(number), {})
    return tmp_path / "lake"


def test_a_compacted_lake_holds_the_same_rows_in_fewer_files(lake: Path) -> None:
    before = files_of(lake, TICKS)
    gone = compact(lake)
    after = files_of(lake, TICKS)
    assert gone == len(before) - len(after) > 0
    assert len(after) == len({path.parent for path in before})
    assert same_rows(read_stream(lake, TICKS), small_tape().ticks)
    assert compact(lake) == 0


def test_a_crash_before_the_tidying_up_leaves_every_row_once(lake: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(lake, old)
    compact(lake)
    for path in old.rglob("*.parquet"):
        shutil.copy(path, lake / path.relative_to(old))
    assert same_rows(read_stream(lake, TICKS), small_tape().ticks)
    compact(lake)
    assert same_rows(read_stream(lake, TICKS), small_tape().ticks)
    assert len(files_of(lake, TICKS)) == len({path.parent for path in files_of(lake, TICKS)})


def test_files_that_are_large_enough_are_left_alone(lake: Path) -> None:
    compact(lake, most_rows=200)
    assert len(files_of(lake, TICKS)) > len({path.parent for path in files_of(lake, TICKS)})
    assert same_rows(read_stream(lake, TICKS), small_tape().ticks)


def test_new_files_follow_compacted_ones(lake: Path) -> None:
    compact(lake)
    ticks = small_tape(seed=8).ticks
    with LakeWriter(lake) as writer:
        writer.add(ticks)
        writer.commit("later", {})
    assert len(read_stream(lake, TICKS)) == len(ticks) + len(small_tape().ticks)
