"""Merging the partitions of one stream into one order of rows: by time, then by the stream's key."""

from __future__ import annotations

from collections import deque

import numpy as np

from shared.block import Block, join
from shared.stream import Stream
from shared.time import BEFORE_TAPE


class Merge:
    """Rows of all partitions up to the time that every partition has promised."""

    def __init__(self, stream: Stream, partitions: int) -> None:
        self.stream = stream
        self._watermarks = [BEFORE_TAPE] * partitions
        self._pending: list[deque[Block]] = [deque() for _ in range(partitions)]
        self._ready: Block = stream.empty(watermark_ns=BEFORE_TAPE)
        self._moments: deque[tuple[int, int, int]] = deque()

    @property
    def watermark_ns(self) -> int:
        """No row at or before this will follow on any partition."""
        return min(self._watermarks)

    def offer(self, block: Block) -> None:
        """Takes the next block of a partition."""
        if len(block):
            self._pending[block.partition].append(block)
        self._watermarks[block.partition] = block.watermark_ns

    def promise(self, partition: int, watermark_ns: int) -> None:
        """Takes a promise without rows, as a restarted reader remembers it."""
        self._watermarks[partition] = watermark_ns

    def head(self) -> int | None:
        """The time of the next rows that are complete, if there are any."""
        return self._moments[0][0] if self._moments else None

    def earliest(self) -> int | None:
        """The time of the first row that waits, complete or not."""
        times = [int(pending[0]["event_time_ns"][0]) for pending in self._pending if pending]
        head = self.head()
        return min(times if head is None else [*times, head], default=None)

    def gather(self, until_ns: int) -> None:
        """Merges the rows up to a time; later calls never see earlier rows again."""
        taken = [piece for pending in self._pending for piece in until(pending, until_ns)]
        if not taken:
            return
        rest = self._rest()
        fresh = join(taken).sorted()
        self._ready = merged = join([*rest, fresh]) if rest else fresh
        self._moments = deque(_moments(merged))

    def take(self, time_ns: int) -> Block:
        """The rows of exactly this time, which must not be after the head; maybe none."""
        if self._moments and self._moments[0][0] == time_ns:
            _, start, stop = self._moments.popleft()
            return self._ready.rows(start, stop).until(time_ns)
        return self.stream.empty(watermark_ns=time_ns)

    def _rest(self) -> list[Block]:
        if not self._moments:
            return []
        return [self._ready.rows(self._moments[0][1], len(self._ready))]


def until(pending: deque[Block], until_ns: int) -> list[Block]:
    """Takes the rows up to a time off a partition's queue."""
    taken: list[Block] = []
    while pending:
        block = pending[0]
        times = block["event_time_ns"]
        if times[-1] <= until_ns:
            taken.append(pending.popleft())
            continue
        stop = int(np.searchsorted(times, until_ns, side="right"))
        if stop:
            taken.append(block.rows(0, stop))
            pending[0] = block.rows(stop, len(block))
        break
    return taken


def _moments(block: Block) -> list[tuple[int, int, int]]:
    """Each distinct time of sorted rows, and where its rows start and stop."""
    times = block["event_time_ns"]
    if times[0] == times[-1]:
        return [(int(times[0]), 0, len(times))]
    edges = np.flatnonzero(times[1:] != times[:-1]) + 1
    starts = [0, *edges.tolist()]
    return list(zip(times[starts].tolist(), starts, [*starts[1:], len(times)], strict=True))
