"""Bugs that people have really written, each planted in an otherwise clean line; the suite must find them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from random import Random
from typing import Final, NamedTuple

from research.replay.simulation import Build
from services.ingest.cuts import cut
from shared.block import Block
from shared.engine.context import Context
from shared.engine.promise import PromiseStage
from shared.engine.recompute import RecomputeStage
from shared.engine.stage import Stage
from shared.ids import derive
from shared.processor import Processor
from shared.store.contract import Commit
from shared.streams import FEATURES, FILLS
from tests.chaos.drill import Plant
from tests.chaos.faults import CutStore, Dice, Faults
from tests.chaos.planted_stages import (
    AckFirst,
    EarlyDurable,
    FillsTwice,
    PublishFirst,
    SnapshotOneAhead,
    TiesByArrival,
    booking_with,
    features_with,
    ledger_with,
    live,
    risk_with,
    strict,
    venue_with,
)
from tests.fixtures.line import Line, slow_tape, small_tape

ROWS: Final = 12
KILLS: Final = Faults(name="kills", rows=(ROWS,), kills=12.0, stops=6.0)
NONE: Final = Faults(name="no fault", rows=(ROWS, 1_000))


class Planted(NamedTuple):
    """A bug, and the kind of fault under which the suite is to find it."""

    name: str
    plant: Plant
    faults: Faults
    record: Callable[[Dice], CutStore] = CutStore


class Altered:
    """A processor whose outputs are changed on their way out."""

    def __init__(self, inner: Processor, stream: str, change: Callable[[Block, int], Block]) -> None:
        self._inner, self._stream, self._change = inner, stream, change

    def handle(self, block: Block) -> Iterator[Block]:
        """What the inner one makes, with one stream changed."""
        for out in self._inner.handle(block):
            yield self._change(out, block.seq) if out.stream.name == self._stream and len(out) else out

    def snapshot(self) -> bytes:
        """The inner state."""
        return self._inner.snapshot()

    def restore(self, state: bytes) -> None:
        """The inner state."""
        self._inner.restore(state)


class Unfenced(CutStore):
    """A record that lets anybody write, whatever the epoch of their lease."""

    def _fence(self, run: str, commit: Commit) -> None:
        """It asks for no lease."""


def with_random_ids() -> Build:
    """Every life of the booking draws its execution ids anew."""
    lives = count()

    def change(fills: Block, draw: Random) -> Block:
        ids = [draw.getrandbits(62) for _ in range(len(fills))]
        return fills.stream.block(
            {**fills.columns, "exec_id": ids}, watermark_ns=fills.watermark_ns, partition=fills.partition
        )

    def build(context: Context) -> list[Stage]:
        draw = Random(next(lives))
        return booking_with(
            context, lambda desk: Altered(desk, FILLS.name, lambda fills, _: change(fills, draw))
        )

    return build


def with_numbers_in_ids(context: Context) -> list[Stage]:
    """An execution's id hangs on the number of the block that told of it."""

    def change(fills: Block, seq: int) -> Block:
        ids = [derive(exec_id, seq) for exec_id in fills["exec_id"].tolist()]
        return fills.stream.block(
            {**fills.columns, "exec_id": ids}, watermark_ns=fills.watermark_ns, partition=fills.partition
        )

    return booking_with(context, lambda desk: Altered(desk, FILLS.name, change))


def with_a_clock_in_a_feature(clock: Callable[[], int]) -> Build:
    """Every vector knows what time it is outside."""

    def change(vectors: Block, seq: int) -> Block:
        values = vectors["values"] + clock() * 1e-12
        return replace(vectors, columns={**vectors.columns, "values": values})

    return lambda context: features_with(context, lambda inner: Altered(inner, FEATURES.name, change))


def with_salted_partitions(ticks: Block) -> Build:
    """Every life of ingest sends an instrument somewhere else."""
    lives = count()

    def build(context: Context) -> Sequence[Stage]:
        partitions, salt = context.plan.partitions, next(lives)

        def cuts() -> Iterator[list[Block]]:
            for blocks in cut(ticks, ROWS, partitions):
                moved = [replace(block, partition=(block.partition + salt) % partitions) for block in blocks]
                yield sorted(moved, key=lambda block: block.partition)

        return [slow_tape(context, cuts)]

    return build


def planted(ticks: int, clock: Callable[[], int]) -> list[Planted]:
    """The bugs that a strict history can show, over the first ticks of the tape."""
    tape = small_tape().ticks.rows(0, ticks)
    cuts = Faults(name="cut connections", rows=(5 * ROWS,), cuts=30.0)
    echoes = Faults(name="echoes", rows=(ROWS,), echoes=100.0)
    zombies = Faults(name="zombies", rows=(ROWS,), zombies=30.0)
    shuffled = Faults(name="shuffled", rows=(ROWS,), shuffled=1.0)
    return [
        Planted("ack before commit", _in_risk(risk_with(AckFirst, strict)), cuts),
        Planted("random id", lambda line: line.planted(execution=with_random_ids()), NONE),
        Planted("no fill dedupe", lambda line: line.planted(ledger=ledger_with(FillsTwice)), echoes),
        Planted(
            "wall clock in a feature",
            lambda line: line.planted(features=with_a_clock_in_a_feature(clock)),
            NONE,
        ),
        Planted("trim by read position", _in_risk(risk_with(EarlyDurable, strict)), KILLS),
        Planted("salted partition", lambda line: line.planted(ingest=with_salted_partitions(tape)), KILLS),
        Planted("snapshot number off by one", _in_features(SnapshotOneAhead), KILLS),
        Planted("epoch ignored", lambda line: line, zombies, Unfenced),
        Planted(
            "ties by arrival",
            lambda line: line.planted(venue=venue_with(TiesByArrival, line.venues)),
            shuffled,
        ),
        Planted("block number in an id", lambda line: line.planted(execution=with_numbers_in_ids), NONE),
    ]


PUBLISH_BEFORE_COMMIT: Final = Planted(
    "publish before commit",
    lambda line: line.planted(risk=risk_with(PublishFirst, live)),
    Faults(name="live cut connections", cuts=40.0, shuffled=1.0),
)
"""A strict history heals it; only a live one can show it."""


def forgetting_the_halt(line: Line) -> Line:
    """Risk begins every life with trading on, whatever the record says."""
    return line.planted(risk=risk_with(PromiseStage, strict))


def _in_risk(build: Build) -> Plant:
    return lambda line: line.planted(risk=build)


def _in_features(kind: type[RecomputeStage]) -> Plant:
    return lambda line: line.planted(features=lambda context: features_with(context, _bare, kind))


def _bare(processor: Processor) -> Processor:
    return processor
