"""The one loop body: read, handle, commit, publish, remember; whatever engine carries the blocks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from shared.block import Block
from shared.codec import decode, encode
from shared.engine.bus import Bus, Entry, Key, Note
from shared.engine.crash import CrashPoint, never
from shared.engine.meter import Meter
from shared.engine.stage import Closes, Stage, Step
from shared.engine.trim import Trimmer
from shared.failures import BadInput, Corrupt
from shared.store.contract import Commit, DeadLetter, Letter, StepStore, Store
from shared.streams import BY_NAME
from shared.time import SECOND_NS

NOTE_EVERY_NS: Final = SECOND_NS // 10
HURRY_NS: Final = SECOND_NS // 50
"""How long everything else waits for the other half of a moment; a feed that is silent delays no command."""
MAX_DEAD_LETTERS: Final = 100


class Edge(NamedTuple):
    """What a worker has of the world beside its bus and its record."""

    clock: Callable[[], int]
    meter: Meter
    crash: CrashPoint = never
    rest: Callable[[float], None] = time.sleep


class Worker:
    """Hosts stages in one thread; it dies of any surprise, and starting is recovering."""

    def __init__(
        self,
        run: str,
        bus: Bus,
        store: Store,
        stages: Sequence[Stage],
        edge: Edge,
    ) -> None:
        self._run = run
        self._bus = bus
        self._store = store
        self._stages = tuple(stages)
        self._clock = edge.clock
        self._crash = edge.crash
        self._meter = edge.meter
        self._rest = edge.rest
        self._leisure_ns = min((stage.leisure_ns for stage in stages), default=0)
        self._next_turn_ns = 0
        self._origin_ns = 0
        self._next_note_ns = 0
        self._hurried_from_ns = self._hurry_until_ns = 0
        self._told: dict[tuple[str, str], Mapping[Key, int]] = {}
        self._dead = 0
        self._trimmer = Trimmer(bus, [key for stage in stages for key in stage.outputs()])

    @property
    def leisurely(self) -> bool:
        """Whether nobody on the way from tick to fill waits for any of its stages."""
        return self._leisure_ns > 0

    def expect(self, readers: dict[Key, frozenset[str]]) -> None:
        """Names the readers below whom no log may be trimmed."""
        self._trimmer.expect(readers)

    def close(self) -> None:
        """Lets every stage let go what it holds of the world."""
        for stage in self._stages:
            if isinstance(stage, Closes):
                stage.close()

    def resume(self) -> None:
        """Brings every stage back to its last durable state and fills what the bus lacks."""
        for stage in self._stages:
            stage.run = self._run
            self._bus.ensure(stage.outputs())
        missing = [letter for stage in self._stages for letter in stage.resume(self._bus, self._store)]
        self._publish(missing)

    def wait(self) -> bool:
        """One round that waits for blocks as long as every stage can.

        Where nobody waits for any stage the round looks now and then instead: what has gathered meanwhile
        costs one commit instead of many, and a block on its way to an order wakes nobody else.
        """
        now_ns = self._clock()
        if self._leisure_ns:
            return self._look(now_ns)
        patience_s = min((stage.patience_s(now_ns) for stage in self._stages), default=0.0)
        return self.turn(max(patience_s, (self._hurry_until_ns - now_ns) / SECOND_NS))

    def _look(self, now_ns: int) -> bool:
        if now_ns < self._next_turn_ns:
            self._rest((self._next_turn_ns - now_ns) / SECOND_NS)
            now_ns = self._clock()
        self._next_turn_ns = now_ns + self._leisure_ns
        moved = self.turn(0.0)
        if not moved:
            self._bus.alive()
        return moved

    def turn(self, wait_s: float) -> bool:
        """One round; says whether anything moved."""
        positions = [stage.positions() for stage in self._stages]
        wanted = _lowest(positions)
        found = self._bus.read(wanted, wait_s)
        now_ns = self._clock()
        self._meter.looked(wanted, found, now_ns)
        received = [entry.origin_ns for entries in found.values() for entry in entries]
        self._origin_ns = max(received, default=0) if wanted else now_ns
        for key, entries in found.items():
            readers = [stage for stage, at in zip(self._stages, positions, strict=True) if key in at]
            self._offer(key, entries, readers)
        self._crash("after_read")
        moved = self._step() or bool(found)
        if not self._hurry_until_ns:
            self._note()
        return moved

    def _offer(self, key: Key, entries: Sequence[Entry], readers: Sequence[Stage]) -> None:
        for entry in entries:
            block = self._decode(key, entry, readers)
            if block is not None:
                self._meter.read(key, block)
                for stage in readers:
                    stage.offer(key, block)

    def _decode(self, key: Key, entry: Entry, readers: Sequence[Stage]) -> Block | None:
        try:
            block = decode(entry.payload)
            if (block.stream.name, block.partition, block.seq) != (*key, entry.seq):
                raise BadInput(f"entry {key} #{entry.seq} holds {block!r}")
            return block
        except BadInput as error:
            self._bury(key, entry.seq, entry.payload, str(error))
            for stage in readers:
                stage.skip(key, entry.seq)
            return None

    def _bury(self, key: Key, seq: int, payload: bytes, error: str) -> None:
        """A hopeless block goes to the dead letters; money streams stop, and so do too many of them."""
        self._dead += 1
        self._store.dead_letter(
            self._run,
            DeadLetter(
                stage=self._stages[0].name,
                stream=key.stream,
                partition=key.partition,
                seq=seq,
                error=error,
                payload=payload,
            ),
        )
        self._meter.dead_letter(key.stream)
        if BY_NAME[key.stream].money or self._dead >= MAX_DEAD_LETTERS:
            raise Corrupt(f"{key} #{seq} cannot be read ({error}); it lies in the dead letters")

    def _step(self) -> bool:
        now_ns = self._clock()
        steps = [(stage.keep(self._store), stage.advance(now_ns)) for stage in self._stages]
        for block, error in [refusal for _, step in steps for refusal in step.refused]:
            self._bury(Key(block.stream.name, block.partition), block.seq, encode(block), str(error))
        letters = [letter for _, step in steps for letter in step.letters]
        committed = self._commit(steps)
        self._publish(letters)
        self._hurry(now_ns, [keep for keep, step in steps if step.awaits])
        for stage, (_, step) in zip(self._stages, steps, strict=True):
            if not self._hurry_until_ns or step.letters or step.commits:
                stage.published(self._store, now_ns)
        return bool(committed or letters)

    def _hurry(self, now_ns: int, awaited: Sequence[StepStore]) -> None:
        """While the other half of a moment is on its way nothing else is begun, and nobody sleeps."""
        if awaited and not self._hurried_from_ns:
            self._hurried_from_ns = now_ns
            for keep in awaited:
                keep.wake()
        until_ns = self._hurried_from_ns + HURRY_NS
        self._hurry_until_ns = until_ns if awaited and now_ns < until_ns else 0
        if not awaited:
            self._hurried_from_ns = 0

    def _commit(self, steps: Sequence[tuple[StepStore, Step]]) -> bool:
        """One transaction for all stages that keep their promises in the same place."""
        kept: dict[int, tuple[StepStore, list[Commit]]] = {}
        for keep, step in steps:
            if step.commits:
                kept.setdefault(id(keep), (keep, []))[1].extend(step.commits)
        for keep, commits in kept.values():
            self._crash("before_commit")
            with self._meter.commit_s.time():
                keep.commit(self._run, commits)
            self._crash("after_commit")
            self._meter.kept(commits)
            self._meter.decided(commits, self._clock() - self._origin_ns if self._origin_ns else 0)
        return bool(kept)

    def _publish(self, letters: Sequence[Letter]) -> None:
        if not letters:
            return
        self._crash("before_publish")
        with self._meter.publish_s.time():
            self._bus.publish(letters, self._clock(), self._origin_ns)
        self._meter.wrote(letters)
        self._crash("after_publish")

    def _note(self) -> None:
        """Tells writers how far we are: what is fetched holds them back, what is durable lets them forget."""
        now_ns = self._clock()
        if now_ns < self._next_note_ns:
            return
        self._next_note_ns = now_ns + NOTE_EVERY_NS
        self._bus.note(self._news())
        self._meter.catch_up()
        self._trimmer.turn(now_ns)

    def _news(self) -> list[Note]:
        """What has changed since it was last told."""
        news: list[Note] = []
        for stage in self._stages:
            reader = f"{stage.name}:{stage.partition}"
            news.append(Note("fetched", reader, stage.positions(), stage.epoch))
            news.append(Note("durable", reader, stage.durable(), stage.epoch))
        fresh = [note for note in news if self._told.get(note[:2]) != note.positions]
        self._told.update((note[:2], dict(note.positions)) for note in fresh)
        return fresh


def _lowest(positions: Sequence[dict[Key, int]]) -> dict[Key, int]:
    """Each log once, from where the slowest of its readers here is."""
    wanted: dict[Key, int] = {}
    for at in positions:
        for key, seq in at.items():
            wanted[key] = min(seq, wanted.get(key, seq))
    return wanted
