"""A stage whose state can always be made again: publish first, then a snapshot now and then."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from shared.block import Block
from shared.engine.bus import Bus, Key
from shared.engine.inbox import Inbox
from shared.engine.log import PATIENCE_S
from shared.engine.stage import Step, claimed, letter
from shared.failures import BadInput, Corrupt
from shared.processor import Processor
from shared.store.contract import Commit, Letter, StepStore, Store
from shared.stream import Stream
from shared.time import END_OF_TAPE, SECOND_NS

SNAPSHOT_EVERY_NS: Final = 2 * SECOND_NS
SNAPSHOT_LATE_NS: Final = SECOND_NS // 4
SPEAKING_NS: Final = SECOND_NS // 50
"""After rows went out the disk belongs to those who act on them: a snapshot waits, unless it is late."""
SNAPSHOTS_KEPT: Final = 256
NO_LIMIT: Final = (1 << 63) - 1

Floor = Callable[[Key], int]
"""The last number that every reader of a log holds durably: what lies below is never asked for again."""


class _State(msgspec.Struct, frozen=True):
    watermark_ns: int
    written: dict[str, int]
    processor: bytes


class RecomputeStage:
    """Reads one log; its output blocks take the numbers of the blocks they came from."""

    leisure_ns = 0

    def __init__(
        self, name: str, source: Key, writes: Sequence[Stream], processor: Processor, floor: Floor
    ) -> None:
        self.name = name
        self.partition = source.partition
        self.run = ""
        self.epoch = 0
        self._source = source
        self._writes = tuple(writes)
        self._processor = processor
        self._floor = floor
        self._inbox = Inbox(source)
        self._queue: deque[Block] = deque()
        self._written = {stream.name: 0 for stream in writes}
        self._handled = (0, 0)
        self._durable = 0
        self._next_snapshot_ns = 0
        self._spoken_ns = 0

    def outputs(self) -> tuple[Key, ...]:
        """The logs that only this stage writes."""
        return tuple(Key(stream.name, self.partition) for stream in self._writes)

    def resume(self, bus: Bus, store: Store) -> list[Letter]:
        """Takes the lease, then the newest snapshot whose output is on the bus, or needed there no more."""
        self.epoch = claimed(self, bus, store)
        limits = {key.stream: max(bus.last(key), self._floor(key)) for key in self.outputs()}
        found = self._find(store, limits)
        if found is not None:
            seq, state = found
            self._processor.restore(state.processor)
            self._written = dict(state.written)
            self._inbox = Inbox(self._source, seq)
            self._durable = seq
        return []

    def keep(self, store: Store) -> StepStore:
        """The record."""
        return store

    def positions(self) -> dict[Key, int]:
        """Its one log."""
        return {self._source: self._inbox.last}

    def durable(self) -> dict[Key, int]:
        """What the last snapshot holds need not be read again."""
        return {self._source: self._durable}

    def offer(self, key: Key, block: Block) -> None:
        """Takes the next block."""
        if not self._inbox.last and block.prev_seq:
            raise Corrupt(
                f"{key} starts with #{block.seq} after #{block.prev_seq}, and no snapshot reaches there"
            )
        if self._inbox.accept(block):
            self._queue.append(block)

    def skip(self, key: Key, seq: int) -> None:
        """Goes past a block that went to the dead letters."""
        self._inbox.skip(seq)

    def patience_s(self, now_ns: int) -> float:
        """It only waits for blocks."""
        return PATIENCE_S

    def advance(self, now_ns: int) -> Step:
        """Handles all that has arrived."""
        step = Step()
        while self._is_ready():
            block = self._queue.popleft()
            made = self._handle(block, step)
            self._keep(block, made, step)
            for out in made:
                step.letters.append(letter(out, self.run, block.seq, self._written[out.stream.name]))
                self._written[out.stream.name] = block.seq
                self._spoken_ns = now_ns if len(out) else self._spoken_ns
            self._handled = (block.seq, block.watermark_ns)
        return step

    def published(self, store: Store, now_ns: int) -> None:
        """Takes a snapshot now and then, and at the end of the tape."""
        seq, watermark_ns = self._handled
        if seq <= self._durable or (watermark_ns < END_OF_TAPE and not self._is_due(now_ns)):
            return
        state = _State(watermark_ns, self._written, self._processor.snapshot())
        store.save_snapshot(
            self.run, self.name, self.partition, seq, msgspec.msgpack.encode(state), SNAPSHOTS_KEPT
        )
        self._durable = seq
        self._next_snapshot_ns = now_ns + SNAPSHOT_EVERY_NS

    def _is_due(self, now_ns: int) -> bool:
        late = now_ns >= self._next_snapshot_ns + SNAPSHOT_LATE_NS
        return late or now_ns >= max(self._next_snapshot_ns, self._spoken_ns + SPEAKING_NS)

    def _is_ready(self) -> bool:
        """Whether the next block can be handled."""
        return bool(self._queue)

    def _handle(self, block: Block, step: Step) -> list[Block]:
        """What the processor makes of a block; one that it refuses goes to the dead letters."""
        try:
            return list(self._processor.handle(block))
        except BadInput as error:
            step.refused.append((block, error))
            return []

    def _keep(self, block: Block, made: Sequence[Block], step: Step) -> None:
        """Nothing to keep: whatever is lost is made again."""

    def _find(self, store: Store, limits: dict[str, int]) -> tuple[int, _State] | None:
        at_or_below = NO_LIMIT
        while True:
            found = store.snapshot(self.run, self.name, self.partition, at_or_below)
            if found is None:
                return None
            seq, state = found[0], msgspec.msgpack.decode(found[1], type=_State)
            if all(state.written[name] <= limit for name, limit in limits.items()):
                return seq, state
            at_or_below = seq - 1


class RecordedRecomputeStage(RecomputeStage):
    """The same, with rows that are in Postgres before anyone hears of them."""

    records: frozenset[str] = frozenset()

    def _keep(self, block: Block, made: Sequence[Block], step: Step) -> None:
        rows = tuple(out for out in made if out.stream.name in self.records and len(out))
        if rows:
            step.commits.append(
                Commit(stage=self.name, partition=self.partition, epoch=self.epoch, seq=block.seq, rows=rows)
            )
