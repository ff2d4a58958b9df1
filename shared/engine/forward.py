"""A stage that gives one block on each of its streams for each block it reads, and remembers nothing.

Its outputs inherit their numbers, so the last number on the bus is all the state it needs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from shared.block import Block
from shared.engine.bus import Bus, Key
from shared.engine.inbox import Inbox
from shared.engine.log import PATIENCE_S
from shared.engine.stage import Step, claimed, letter
from shared.failures import BadInput
from shared.processor import Processor
from shared.store.contract import Commit, Letter, StepStore, Store
from shared.stream import Stream


class ForwardStage:
    """Reads one log and writes the same numbers on others, the last of which is its cursor."""

    leisure_ns = 0

    def __init__(self, name: str, source: Key, writes: Sequence[Stream], processor: Processor) -> None:
        self.name = name
        self.partition = source.partition
        self.run = ""
        self.epoch = 0
        self._source = source
        self._writes = tuple(writes)
        self._processor = processor
        self._inbox = Inbox(source)
        self._queue: deque[Block] = deque()
        self._published = 0
        self._handled = 0
        self._skipped: dict[int, int] = {}

    def outputs(self) -> tuple[Key, ...]:
        """The logs that only this stage writes."""
        return tuple(Key(stream.name, self.partition) for stream in self._writes)

    def resume(self, bus: Bus, store: Store) -> list[Letter]:
        """Takes the lease, then goes on behind the last number that all of its outputs hold."""
        self.epoch = claimed(self, bus, store)
        self._published = min(bus.last(key) for key in self.outputs())
        self._inbox = Inbox(self._source, self._published)
        return []

    def keep(self, store: Store) -> StepStore:
        """The record."""
        return store

    def positions(self) -> dict[Key, int]:
        """Its one log."""
        return {self._source: self._inbox.last}

    def durable(self) -> dict[Key, int]:
        """What is on the output's log need not be read again."""
        return {self._source: self._published}

    def offer(self, key: Key, block: Block) -> None:
        """Takes the next block."""
        if self._inbox.accept(block):
            self._queue.append(block)

    def skip(self, key: Key, seq: int) -> None:
        """Goes past a block that went to the dead letters; its outputs lack that number too."""
        self._skipped[seq] = self._skipped.get(self._inbox.last, self._inbox.last)
        self._inbox.skip(seq)

    def patience_s(self, now_ns: int) -> float:
        """It only waits for blocks."""
        return PATIENCE_S

    def advance(self, now_ns: int) -> Step:
        """Handles all that has arrived."""
        step = Step()
        while self._queue:
            block = self._queue.popleft()
            made = self._handle(block, step)
            self._keep(block, made, step)
            prev_seq = self._skipped.pop(block.prev_seq, block.prev_seq)
            for stream in self._writes:
                out = made.get(stream.name) or stream.empty(
                    watermark_ns=block.watermark_ns, partition=self.partition
                )
                step.letters.append(letter(out, self.run, block.seq, prev_seq))
            self._handled = block.seq
        return step

    def published(self, store: Store, now_ns: int) -> None:
        """What was handled is now on the bus."""
        self._published = max(self._published, self._handled)

    def _handle(self, block: Block, step: Step) -> dict[str, Block]:
        """What the processor makes of rows; refused ones go to the dead letters, and time goes on."""
        if not len(block):
            return {}
        try:
            return {out.stream.name: out for out in self._processor.handle(block)}
        except BadInput as error:
            step.refused.append((block, error))
            return {}

    def _keep(self, block: Block, made: dict[str, Block], step: Step) -> None:
        """Nothing to keep: whatever is lost is made again."""


class RecordingStage(ForwardStage):
    """A forward stage whose rows are in Postgres before anyone hears of them."""

    def __init__(
        self,
        name: str,
        source: Key,
        writes: Sequence[Stream],
        processor: Processor,
        records: Sequence[Stream],
    ) -> None:
        super().__init__(name, source, writes, processor)
        self._records = tuple(stream.name for stream in records)

    def _keep(self, block: Block, made: dict[str, Block], step: Step) -> None:
        rows = tuple(
            rows for rows in (block, *made.values()) if rows.stream.name in self._records and len(rows)
        )
        if rows:
            step.commits.append(
                Commit(stage=self.name, partition=self.partition, epoch=self.epoch, seq=block.seq, rows=rows)
            )
