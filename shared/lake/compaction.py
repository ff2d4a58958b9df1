"""Many small files of a partition's day made one; a crash at any moment leaves every row once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from shared.block import Block, join
from shared.lake.folders import SUFFIX, UNFINISHED, counting, finish_commits, numbers_of
from shared.lake.parquet import read_file, write_rows
from shared.lake.writer import sync_folder
from shared.streams import BY_NAME, LAKE_ONLY

MOST_ROWS: Final = 1 << 22


def compact(lake: Path, most_rows: int = MOST_ROWS) -> int:
    """Compacts every folder of the lake; gives how many files fewer there are. Wants no other writer."""
    finish_commits(lake)
    before = sum(1 for _ in lake.glob(f"stream=*/day=*/partition=*/*{SUFFIX}"))
    for folder in sorted(lake.glob("stream=*/day=*/partition=*")):
        compact_folder(folder, most_rows)
    return before - sum(1 for _ in lake.glob(f"stream=*/day=*/partition=*/*{SUFFIX}"))


def compact_folder(folder: Path, most_rows: int = MOST_ROWS) -> None:
    """Joins neighbouring files as long as they stay small enough, then removes what no longer counts."""
    for group in list(_groups(counting(folder.glob(f"*{SUFFIX}")), most_rows)):
        _join(folder, group)
    kept = set(counting(folder.glob(f"*{SUFFIX}")))
    for path in folder.glob(f"*{SUFFIX}"):
        if path not in kept:
            path.unlink()


def _groups(files: Sequence[Path], most_rows: int) -> Iterator[list[Path]]:
    """Runs of two or more neighbours that fit one file."""
    group: list[Path] = []
    rows = 0
    for path in files:
        more = _rows(path)
        if group and rows + more > most_rows:
            if len(group) > 1:
                yield group
            group, rows = [], 0
        group.append(path)
        rows += more
    if len(group) > 1:
        yield group


def _join(folder: Path, group: Sequence[Path]) -> None:
    """One file that covers the numbers of all; the moment of its naming is the moment of the change."""
    stream = {**BY_NAME, **LAKE_ONLY}[folder.parent.parent.name.removeprefix("stream=")]
    whole: Block = join([read_file(stream, path) for path in group]).sorted()
    name = f"{numbers_of(group[0])[0]}-{numbers_of(group[-1])[1]}{SUFFIX}"
    unfinished = folder / f"{name}{UNFINISHED}"
    write_rows(unfinished, whole)
    unfinished.replace(folder / name)
    sync_folder(folder)


def _rows(path: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)
