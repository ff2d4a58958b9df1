"""A stage that reads a second log which is cut like its first: block n of both is handled as one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from shared.block import Block
from shared.engine.bus import Bus, Key
from shared.engine.inbox import Inbox
from shared.engine.recompute import Floor, RecomputeStage
from shared.engine.stage import Step
from shared.failures import Corrupt
from shared.processor import Processor
from shared.store.contract import Letter, Store
from shared.stream import Stream


class Beside(NamedTuple):
    """The second log, and what of its blocks this stage wants."""

    key: Key
    pick: Callable[[Block], Block]


class BesideStage(RecomputeStage):
    """Hands the second log's block over before the first's of the same number; outputs take that number."""

    def __init__(
        self,
        name: str,
        sources: tuple[Key, Beside],
        writes: Sequence[Stream],
        processor: Processor,
        floor: Floor,
    ) -> None:
        super().__init__(name, sources[0], writes, processor, floor)
        self._beside = sources[1]
        self._ahead: deque[Block] = deque()
        self._other = Inbox(self._beside.key)

    def resume(self, bus: Bus, store: Store) -> list[Letter]:
        """Both logs go on behind the same number."""
        missing = super().resume(bus, store)
        self._other = Inbox(self._beside.key, self._inbox.last)
        return missing

    def positions(self) -> dict[Key, int]:
        """Its two logs."""
        return {**super().positions(), self._beside.key: self._other.last}

    def durable(self) -> dict[Key, int]:
        """What the last snapshot holds need not be read again."""
        return {**super().durable(), self._beside.key: self._durable}

    def offer(self, key: Key, block: Block) -> None:
        """Takes the next block of either log."""
        if key != self._beside.key:
            super().offer(key, block)
            return
        if not self._other.last and block.prev_seq:
            raise Corrupt(f"{key} starts with #{block.seq}, and no snapshot reaches there")
        if self._other.accept(block):
            self._ahead.append(block)

    def skip(self, key: Key, seq: int) -> None:
        """Goes past a block that went to the dead letters; its twin is handled without it."""
        (self._other if key == self._beside.key else self._inbox).skip(seq)

    def _is_ready(self) -> bool:
        return bool(self._queue) and self._other.last >= self._queue[0].seq

    def _handle(self, block: Block, step: Step) -> list[Block]:
        """What was told up to this block's promise, then the block."""
        while self._ahead and self._ahead[0].seq <= block.seq:
            told = self._beside.pick(self._ahead.popleft())
            super()._handle(told, step)
        return super()._handle(block, step)
