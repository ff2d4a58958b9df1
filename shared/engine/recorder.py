"""A stage that only remembers: rows of busy streams go to their tables, and its place in the same commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from shared.block import Block, join
from shared.engine.bus import Bus, Key
from shared.engine.inbox import Inbox
from shared.engine.log import PATIENCE_S, Cursor
from shared.engine.promise import StageState, read_state
from shared.engine.readers import RECORDER
from shared.engine.retention import Forgetting
from shared.engine.stage import LEISURE_NS, Step, claimed
from shared.store.contract import Commit, Letter, StepStore, Store
from shared.stream import Stream
from shared.time import BEFORE_TAPE, SECOND_NS

GATHER_NS: Final = SECOND_NS // 4
"""How long blocks wait for each other, so that a close of every partition is one transaction."""


class RecorderStage:
    """Reads every partition of some streams; a row is written once, because its number is kept with it."""

    leisure_ns = LEISURE_NS

    name = RECORDER

    def __init__(
        self,
        streams: Sequence[Stream],
        partitions: Sequence[int],
        forgets: Sequence[Forgetting] = (),
        worker: int = 0,
    ) -> None:
        self.partition = worker
        self._forgets = tuple(forgets)
        self._market_ns = BEFORE_TAPE
        self.run = ""
        self.epoch = 0
        self._inboxes = {
            key: Inbox(key) for key in (Key(stream.name, p) for stream in streams for p in partitions)
        }
        self._pending: list[Block] = []
        self._due_ns = 0
        self._entries = 0
        self._durable = dict.fromkeys(self._inboxes, 0)

    def outputs(self) -> tuple[Key, ...]:
        """It writes no log."""
        return ()

    def resume(self, bus: Bus, store: Store) -> list[Letter]:
        """Takes the lease, then goes on behind the last rows that were written."""
        self.epoch = claimed(self, bus, store)
        row = store.stage(self.run, self.name, self.partition)
        state = read_state(row.state if row else None)
        if state is not None:
            self._entries = state.entries
            self._durable = {key: state.cursor(key).seq for key in self._inboxes}
            self._inboxes = {key: Inbox(key, seq) for key, seq in self._durable.items()}
        return []

    def keep(self, store: Store) -> StepStore:
        """The record."""
        return store

    def positions(self) -> dict[Key, int]:
        """Every partition of its streams."""
        return {key: inbox.last for key, inbox in self._inboxes.items()}

    def durable(self) -> dict[Key, int]:
        """What the last commit holds."""
        return self._durable

    def offer(self, key: Key, block: Block) -> None:
        """Takes the next block of a log."""
        if self._inboxes[key].accept(block):
            self._pending.append(block)

    def skip(self, key: Key, seq: int) -> None:
        """Goes past a block that went to the dead letters."""
        self._inboxes[key].skip(seq)

    def patience_s(self, now_ns: int) -> float:
        """Until what was gathered is due."""
        if not self._pending:
            return PATIENCE_S
        return min(PATIENCE_S, max(0.001, (self._due_ns - now_ns) / SECOND_NS))

    def advance(self, now_ns: int) -> Step:
        """Writes what was gathered, once it is due."""
        step = Step()
        if not self._pending:
            self._due_ns = now_ns + GATHER_NS
        elif now_ns >= self._due_ns:
            step.commits.append(self._commit(self._pending))
            self._pending = []
        return step

    def published(self, store: Store, now_ns: int) -> None:
        """It publishes nothing: a good moment to forget what is too old."""
        if self._market_ns > BEFORE_TAPE:
            for one in self._forgets:
                one.turn(self.run, self._market_ns, now_ns)

    def _commit(self, blocks: Sequence[Block]) -> Commit:
        self._entries += 1
        times = [int(block["event_time_ns"][-1]) for block in blocks if len(block)]
        self._market_ns = max([self._market_ns, *times])
        self._durable = {key: inbox.last for key, inbox in self._inboxes.items()}
        cursors = {str(key): Cursor(inbox.last, inbox.watermark_ns) for key, inbox in self._inboxes.items()}
        state = StageState(self._entries, BEFORE_TAPE, BEFORE_TAPE, cursors, {}, b"")
        return Commit(
            stage=self.name,
            partition=self.partition,
            epoch=self.epoch,
            seq=self._entries,
            state=msgspec.msgpack.encode(state),
            rows=tuple(_joined(blocks)),
        )


def _joined(blocks: Sequence[Block]) -> list[Block]:
    """One block a stream, of those that have rows."""
    by_stream: dict[str, list[Block]] = {}
    for block in blocks:
        if len(block):
            by_stream.setdefault(block.stream.name, []).append(block)
    return [join(some) for some in by_stream.values()]
