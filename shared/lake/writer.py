"""Writing to the lake: rows by stream, partition and day, all of a source's files at once or none.

Files are written under unfinished names. A commit is decided when its record is on the disk, and only then
are the files named; whoever opens the lake next carries out what a crash left undone.
"""

from __future__ import annotations

import fcntl
import os
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final

import msgspec
import numpy as np
import numpy.typing as npt

from shared.block import Block
from shared.failures import Refused
from shared.lake.buffer import RowBuffer, Share, shares
from shared.lake.folders import (
    COMMITS,
    PENDING,
    SUFFIX,
    UNFINISHED,
    day_of,
    finish,
    finish_commits,
    folder_of,
    numbers_of,
)  # fmt: skip
from shared.lake.parquet import write_rows
from shared.stream import Stream
from shared.streams import PARTITIONS
from shared.time import DAY_NS

Array = npt.NDArray[Any]

FILE_ROWS: Final = 1 << 18
LEAST_ROWS: Final = 1 << 12
"""A day with fewer rows shares a file with the days after it."""
WRITERS: Final = 2
WAITING: Final = 4
LOCK: Final = ".writer"


class LakeWriter:
    """The one writer of a lake; nothing that it adds is seen before `commit`."""

    def __init__(self, lake: Path, partitions: int = PARTITIONS) -> None:
        self._lake, self._partitions = lake, partitions
        lake.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(lake)
        finish_commits(lake)
        for orphan in lake.glob(f"stream=*/day=*/partition=*/*{SUFFIX}{UNFINISHED}"):
            orphan.unlink()
        self._buffers: dict[tuple[Stream, int], RowBuffer] = {}
        self._free: dict[Stream, list[RowBuffer]] = {}
        self._next: dict[Path, int] = {}
        self._files: list[Path] = []
        self._pool = ThreadPoolExecutor(WRITERS)
        self._pending: deque[tuple[Future[None], RowBuffer]] = deque()

    def __enter__(self) -> LakeWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, block: Block) -> None:
        """Takes rows of any partition, in the order in which they came."""
        for share in shares(block, self._partitions):
            key = block.stream, share.partition
            rest: Share | None = share
            while rest is not None:
                buffer = self._buffers.get(key) or self._buffers.setdefault(key, self._room(block.stream))
                rest = buffer.add(rest)
                if rest is not None or buffer.used >= FILE_ROWS:
                    self._write(*key)

    def commit(self, name: str, told: Mapping[str, object]) -> Path:
        """Makes everything since the last commit part of the lake; gives the record of it."""
        for stream, partition in sorted(self._buffers, key=lambda key: (key[0].name, key[1])):
            self._write(stream, partition)
        self._wait(0)
        record = self._lake / COMMITS / f"{name}{PENDING}"
        record.parent.mkdir(exist_ok=True)
        files = [str(path.relative_to(self._lake)) for path in self._files]
        for folder in {path.parent for path in self._files}:
            sync_folder(folder)
        write_whole(record, msgspec.json.encode({**told, "files": files}))
        finish(self._lake, record)
        self._files = []
        return record.with_name(f"{name}.json")

    def abandon(self) -> None:
        """Forgets what was added since the last commit."""
        self._buffers.clear()
        while self._pending:
            self._pending.popleft()[0].exception()
        for path in self._files:
            path.with_name(path.name + UNFINISHED).unlink(missing_ok=True)
        self._files = []
        self._next.clear()

    def close(self) -> None:
        """Forgets what was not committed, and lets the next writer in."""
        self.abandon()
        self._pool.shutdown(wait=True)
        self._lock.close()

    def _room(self, stream: Stream) -> RowBuffer:
        free = self._free.get(stream)
        return free.pop() if free else RowBuffer(stream, FILE_ROWS)

    def _write(self, stream: Stream, partition: int) -> None:
        buffer = self._buffers.pop((stream, partition))
        jobs = []
        for rows in by_day(_in_order(buffer.block(partition))):
            folder = folder_of(self._lake, stream, day_of(int(rows["event_time_ns"][0])), partition)
            path = self._name(folder)
            self._files.append(path)
            jobs.append((path.with_name(path.name + UNFINISHED), rows))
        self._wait(WAITING - 1)
        self._pending.append((self._pool.submit(_write_all, jobs), buffer))

    def _wait(self, most: int) -> None:
        """Until no more than so many files are on their way; what they held is room again."""
        while len(self._pending) > most:
            future, buffer = self._pending.popleft()
            future.result()
            buffer.clear()
            self._free.setdefault(buffer.stream, []).append(buffer)

    def _name(self, folder: Path) -> Path:
        if folder not in self._next:
            folder.mkdir(parents=True, exist_ok=True)
            taken = [numbers_of(path)[1] for path in folder.glob(f"*{SUFFIX}")]
            self._next[folder] = max(taken, default=-1) + 1
        number = self._next[folder]
        self._next[folder] = number + 1
        return folder / f"{number}{SUFFIX}"


def by_day(rows: Block) -> Iterator[Block]:
    """Sorted rows cut at midnight; days of few rows stay together."""
    times = rows["event_time_ns"]
    start = 0
    while start < len(times):
        stop = start
        while stop < len(times) and stop - start < LEAST_ROWS:
            midnight = (int(times[stop]) // DAY_NS + 1) * DAY_NS
            stop = int(np.searchsorted(times, midnight))
        yield rows.rows(start, stop)
        start = stop


def write_whole(path: Path, content: bytes) -> None:
    """A small file that is on the disk, whole, when this returns."""
    unfinished = path.with_name(path.name + UNFINISHED)
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder safe."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_all(jobs: list[tuple[Path, Block]]) -> None:
    for path, rows in jobs:
        write_rows(path, rows)


def _locked(lake: Path) -> BinaryIO:
    file = (lake / LOCK).open("ab")
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise Refused(f"another process writes to {lake}; wait until it has ended") from None
    return file


def _in_order(rows: Block) -> Block:
    """The rows in their stream's order; most tapes are in order already."""
    keys = [rows[name] for name in rows.stream.order]
    rises = np.ones(max(len(rows) - 1, 0), np.bool_)
    for key in reversed(keys):
        rises = (key[:-1] < key[1:]) | ((key[:-1] == key[1:]) & rises)
    return rows if bool(rises.all()) else rows.sorted()
