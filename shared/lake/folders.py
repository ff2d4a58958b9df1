"""Where the lake's files lie, and which of them count: `stream=ticks/day=2026-11-21/partition=3/7.parquet`.

A file is named by its number, a compacted one by the first and last number that it stands for. A file whose
numbers another file covers no longer counts, so that a compaction which died before it tidied up leaves
neither a loss nor a double. `day=` is the day of a file's first row: where a day has few rows, a file goes on
into the days after it.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from shared.stream import Stream
from shared.time import iso

SUFFIX: Final = ".parquet"
UNFINISHED: Final = ".unfinished"
PENDING: Final = ".pending.json"
COMMITS: Final = "commits"


def day_of(time_ns: int) -> str:
    """The UTC day as the folders name it."""
    return iso(time_ns)[:10]


def folder_of(lake: Path, stream: Stream, day: str, partition: int) -> Path:
    """The folder of one partition's day."""
    return lake / f"stream={stream.name}" / f"day={day}" / f"partition={partition}"


def files_of(lake: Path, stream: Stream) -> list[Path]:
    """The files of a stream that count, by day, partition and number."""
    finish_commits(lake)
    found: list[Path] = []
    for folder in sorted((lake / f"stream={stream.name}").glob("day=*/partition=*"), key=_place):
        found += counting(folder.glob(f"*{SUFFIX}"))
    return found


def counting(files: Iterable[Path]) -> list[Path]:
    """One folder's files in the order of their numbers, without those that another one covers."""
    kept: list[Path] = []
    reached = -1
    for path in sorted(files, key=lambda path: (numbers_of(path)[0], -numbers_of(path)[1])):
        if numbers_of(path)[1] > reached:
            kept.append(path)
            reached = numbers_of(path)[1]
    return kept


def numbers_of(path: Path) -> tuple[int, int]:
    """The first and the last number that a file stands for."""
    first, _, last = path.name.partition(".")[0].partition("-")
    return int(first), int(last or first)


def partition_of_file(path: Path) -> int:
    """The partition that a file's folder names; 0 for a file that lies elsewhere."""
    number = path.parent.name.removeprefix("partition=")
    return int(number) if number.isdigit() else 0


def finish_commits(lake: Path) -> None:
    """Names the files of every commit that was decided but not carried out; doing it twice is harmless."""
    for pending in sorted((lake / COMMITS).glob(f"*{PENDING}")):
        finish(lake, pending)


def finish(lake: Path, pending: Path) -> None:
    """Names the files of one decided commit, and then the commit itself."""
    import msgspec

    try:
        names = msgspec.json.decode(pending.read_bytes())["files"]
    except FileNotFoundError:
        return
    for name in names:
        with suppress(FileNotFoundError):
            (lake / f"{name}{UNFINISHED}").replace(lake / name)
    with suppress(FileNotFoundError):
        pending.replace(pending.with_name(pending.name.removesuffix(PENDING) + ".json"))


def _place(folder: Path) -> tuple[str, int]:
    return folder.parent.name, int(folder.name.removeprefix("partition="))
