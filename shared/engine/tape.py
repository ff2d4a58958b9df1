"""The ticks of all partitions as one tape, in the order of their times."""

from __future__ import annotations

from collections import deque

import numpy as np

from shared.block import Block, join
from shared.engine.merge import until
from shared.time import BEFORE_TAPE


class Tape:
    """Merges what every partition has promised, a stretch at a time; ticks of one time keep their order."""

    def __init__(self, partitions: int) -> None:
        self.rows = 0
        self._pending: list[deque[Block]] = [deque() for _ in range(partitions)]
        self._ready: deque[Block] = deque()
        self._gathered_ns = BEFORE_TAPE

    def offer(self, block: Block) -> None:
        """Takes rows of a partition, all later than what was gathered."""
        self._pending[block.partition].append(block)
        self.rows += len(block)

    def gather(self, until_ns: int) -> None:
        """Merges the rows up to a time that every partition has promised."""
        if until_ns <= self._gathered_ns:
            return
        self._gathered_ns = until_ns
        taken = [piece for pending in self._pending for piece in until(pending, until_ns)]
        if taken:
            merged = join(taken)
            self._ready.append(merged.take(np.argsort(merged["event_time_ns"], kind="stable")))

    def take(self, until_ns: int) -> list[Block]:
        """The gathered rows up to a time, each block under that promise."""
        taken = until(self._ready, until_ns)
        self.rows -= sum(len(block) for block in taken)
        return [block.until(until_ns) for block in taken]
