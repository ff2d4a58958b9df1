"""A stage that may not be made again: it commits what it decided, and only then says it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from shared.block import Block
from shared.engine.bus import Bus, Key, number
from shared.engine.log import Cursor, Sequencer, Turn
from shared.engine.stage import Step, claimed, letter
from shared.processor import Processor
from shared.store.contract import Commit, Letter, StepStore, Store
from shared.stream import Stream
from shared.time import END_OF_TAPE, SECOND_NS

FORGET_EVERY_NS = 30 * SECOND_NS
LETTERS_KEPT = 2_000
"""Letters that stay in the outbox although every reader holds them: what a wiped bus is filled from."""
NO_LIMIT = (1 << 63) - 1
EPOCH = 1
"""Money logs are numbered by their journal, which outlives every process: one epoch for ever."""


class StageState(msgspec.Struct, frozen=True):
    """What a promising stage keeps in its commit, beside the rows."""

    entries: int
    until_ns: int
    promise_ns: int
    cursors: dict[str, Cursor]
    written: dict[str, int]
    processor: bytes

    def cursor(self, key: Key) -> Cursor:
        """How far this stage has durably read a log."""
        return self.cursors.get(str(key), Cursor())


def read_state(raw: bytes | None) -> StageState | None:
    """The state in a stage's row, if it has one."""
    return None if raw is None else msgspec.msgpack.decode(raw, type=StageState)


class PromiseStage:
    """Reads several logs in the one order its sequencer fixes; each entry of its journal has a number."""

    leisure_ns = 0

    def __init__(
        self,
        name: str,
        partition: int,
        sequencer: Sequencer,
        processor: Processor,
        writes: Sequence[Stream],
        records: Sequence[Stream],
    ) -> None:
        self.name = name
        self.partition = partition
        self.run = ""
        self.epoch = 0
        self._sequencer = sequencer
        self._processor = processor
        self._writes = tuple(writes)
        self._records = frozenset(stream.name for stream in records)
        self._entries = 0
        self._written = {stream.name: 0 for stream in writes}
        self._durable: dict[Key, int] = {}
        self._bus: Bus | None = None
        self._names: dict[Key, str] = {}
        self._next_forget_ns = 0

    def outputs(self) -> tuple[Key, ...]:
        """The logs that only this stage writes."""
        return tuple(Key(stream.name, self.partition) for stream in self._writes)

    def resume(self, bus: Bus, store: Store) -> list[Letter]:
        """Takes the lease before it reads any state; gives the letters that the bus may lack."""
        self._bus = bus
        keep = self.keep(store)
        self.epoch = claimed(self, bus, keep)
        row = keep.stage(self.run, self.name, self.partition)
        state = read_state(row.state if row else None)
        if state is not None:
            self._restore(state)
        return [
            missing
            for key in self.outputs()
            for missing in keep.outbox(self.run, key.stream, key.partition, bus.last(key))
        ]

    def keep(self, store: Store) -> StepStore:
        """Where this stage's promises are kept."""
        return store

    def positions(self) -> dict[Key, int]:
        """The logs it wants to read now, and the last number it has of each."""
        return self._sequencer.positions()

    def durable(self) -> dict[Key, int]:
        """What the last commit holds need not be read again."""
        return self._durable

    def offer(self, key: Key, block: Block) -> None:
        """Takes a block off a log."""
        self._sequencer.offer(key, block)

    def skip(self, key: Key, seq: int) -> None:
        """Goes past a block that went to the dead letters."""
        self._sequencer.skip(key, seq)

    def patience_s(self, now_ns: int) -> float:
        """As long as its sequencer can wait."""
        return self._sequencer.patience_s(now_ns)

    def advance(self, now_ns: int) -> Step:
        """Decides all that is certain; many entries share one commit, each has its own number."""
        step, rows, journal, ended = Step(), list[Block](), list[bytes](), False
        while (turn := self._sequencer.turn(now_ns)) is not None:
            made = [out for block in turn.blocks for out in self._processor.handle(block)]
            if not turn.quiet or any(len(out) for out in made):
                step.letters += self._enter(turn, made)
                rows += self._recorded((*turn.blocks, *made))
            if turn.refs:
                journal.append(turn.refs)
            ended = turn.promise_ns == END_OF_TAPE
        if step.letters or rows or journal or ended:
            step.commits.append(self._commit(step.letters, rows, journal))
        step.awaits = self._sequencer.awaits()
        return step

    def published(self, store: Store, now_ns: int) -> None:
        """Now and then forgets letters that every reader holds, and that no refill will want."""
        if now_ns < self._next_forget_ns or self._bus is None:
            return
        self._next_forget_ns = now_ns + FORGET_EVERY_NS
        if self._entries <= LETTERS_KEPT:
            return
        oldest = number(EPOCH, self._entries - LETTERS_KEPT)
        durable = self._bus.noted("durable")
        for key in self.outputs():
            below = min([oldest, *durable.get(key, {}).values(), self.forgotten(store, key)])
            self.keep(store).trim_outbox(self.run, key.stream, key.partition, below)

    def forgotten(self, store: Store, key: Key) -> int:
        """The last number of our log that nobody will ask for again; a log of mere news has no bound."""
        return NO_LIMIT

    def _said(self, key: Key) -> str:
        name = self._names.get(key)
        if name is None:
            name = self._names[key] = str(key)
        return name

    def _restore(self, state: StageState) -> None:
        self._processor.restore(state.processor)
        self._entries = state.entries
        self._written = {name: state.written.get(name, 0) for name in self._written}
        logs = self._sequencer.cursors()
        self._sequencer.resume({key: state.cursor(key) for key in logs}, state.until_ns, state.promise_ns)
        self._durable = {key: state.cursor(key).seq for key in logs}

    def _enter(self, turn: Turn, made: Iterable[Block]) -> list[Letter]:
        """Numbers one entry; the first stream it writes always speaks, so that time passes there."""
        self._entries += 1
        seq = number(EPOCH, self._entries)
        blocks = {out.stream.name: out for out in made}
        letters = []
        for place, stream in enumerate(self._writes):
            out = blocks.get(stream.name)
            if out is None:
                out = stream.empty(watermark_ns=turn.promise_ns)
            if place and not len(out):
                continue
            spoken = out.until(turn.promise_ns) if place == 0 else out
            letters.append(letter(_in(spoken, self.partition), self.run, seq, self._written[stream.name]))
            self._written[stream.name] = seq
        return letters

    def _recorded(self, blocks: Iterable[Block]) -> list[Block]:
        return [block for block in blocks if block.stream.name in self._records and len(block)]

    def _commit(self, letters: list[Letter], rows: list[Block], journal: list[bytes]) -> Commit:
        cursors = self._sequencer.cursors()
        self._durable = {key: cursor.seq for key, cursor in cursors.items()}
        state = StageState(
            entries=self._entries,
            until_ns=self._sequencer.until_ns,
            promise_ns=self._sequencer.promise_ns,
            cursors={self._said(key): cursor for key, cursor in cursors.items()},
            written=self._written,
            processor=self._processor.snapshot(),
        )
        return Commit(
            stage=self.name,
            partition=self.partition,
            epoch=self.epoch,
            seq=number(EPOCH, self._entries),
            state=msgspec.msgpack.encode(state),
            outbox=tuple(letters),
            rows=tuple(rows),
            journal=msgspec.msgpack.encode(journal) if journal else None,
        )


def _in(block: Block, partition: int) -> Block:
    return (
        block
        if block.partition == partition
        else block.stream.block(block.columns, watermark_ns=block.watermark_ns, partition=partition)
    )
