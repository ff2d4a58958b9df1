"""A tape is published as fast as its slowest reader fetches, and goes on from the bus after any death."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

import services.ingest.tape_stage as tape_stage
from services.ingest.cuts import cut
from services.ingest.source_control import Gate
from services.ingest.tape_stage import BATCH, TapeStage
from shared.block import Block
from shared.codec import decode
from shared.engine.bus import Key, Note, number
from shared.engine.memory_bus import MemoryBus, MemoryHub
from shared.store.memory import MemoryStore
from shared.streams import TICKS
from shared.time import END_OF_TAPE
from tests.fixtures.blocks import block

PARTITIONS = 2
READERS = {Key("ticks", p): frozenset({f"features:{p}", "venue:0"}) for p in range(PARTITIONS)}
EVERYONE = ("features:0", "features:1", "venue:0")
ROWS = 300
ROOM = 40


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> TapeStage:
    monkeypatch.setattr(tape_stage, "ROWS_AHEAD", ROOM)
    return made()


def made() -> TapeStage:
    stage = TapeStage(cuts, 1, READERS)
    stage.run = "t"
    return stage


def cuts() -> Iterator[Sequence[Block]]:
    times = list(range(1, ROWS + 1))
    ticks = block(TICKS, times, watermark_ns=ROWS, instrument=[t % 5 for t in times])
    return cut(ticks, 1, PARTITIONS)


def joined(stage: TapeStage, hub: MemoryHub) -> MemoryBus:
    bus = MemoryBus(hub)
    bus.ensure(stage.outputs())
    assert stage.resume(bus, MemoryStore()) == []
    return bus


def publish(stage: TapeStage, bus: MemoryBus) -> int:
    """One round; how many cuts it published."""
    letters = stage.advance(0).letters
    bus.publish(letters)
    return len(letters) // PARTITIONS


def fetched(bus: MemoryBus, cut_number: int, readers: Sequence[str] = EVERYONE) -> None:
    for key in READERS:
        for reader in readers:
            bus.note([Note("fetched", reader, {key: number(1, cut_number)})])


def content(bus: MemoryBus) -> list[bytes]:
    found = bus.read(dict.fromkeys(READERS, 0), 0.0)
    return [entry.payload for key in READERS for entry in found[key]]


def whole() -> list[bytes]:
    """What an undisturbed stage says, from the first cut to the end of the tape."""
    stage = made()
    bus = joined(stage, MemoryHub())
    fetched(bus, 10**6)
    while publish(stage, bus):
        fetched(bus, 10**6)
    return content(bus)


def test_a_reader_that_never_spoke_holds_the_tape_back(stage: TapeStage) -> None:
    bus = joined(stage, MemoryHub())
    assert sum(publish(stage, bus) for _ in range(5)) == ROOM
    assert stage.patience_s(0) == tape_stage.HELD_BACK_S


def test_the_slowest_reader_sets_the_pace(stage: TapeStage) -> None:
    bus = joined(stage, MemoryHub())
    for _ in range(3):
        publish(stage, bus)
    fetched(bus, ROOM, readers=("features:0", "features:1"))
    assert publish(stage, bus) == 0
    fetched(bus, 10, readers=("venue:0",))
    assert publish(stage, bus) == 10


def test_it_publishes_in_batches_and_ends_once(stage: TapeStage) -> None:
    bus, counts = joined(stage, MemoryHub()), list[int]()
    while not counts or counts[-1]:
        fetched(bus, 10**6)
        counts.append(publish(stage, bus))
    assert max(counts) <= BATCH
    last = decode(content(bus)[-1])
    assert last.watermark_ns == END_OF_TAPE
    assert stage.patience_s(0) == tape_stage.IDLE_S


@pytest.mark.parametrize("rounds", [0, 1, 2])
def test_after_a_death_it_goes_on_behind_what_the_bus_holds(stage: TapeStage, rounds: int) -> None:
    hub = MemoryHub()
    bus = joined(stage, hub)
    for _ in range(rounds):
        publish(stage, bus)
    again = made()
    bus = joined(again, hub)
    fetched(bus, 10**6)
    while publish(again, bus):
        fetched(bus, 10**6)
    assert content(bus) == whole()


def test_a_cut_that_was_published_on_some_partitions_only_is_published_again(stage: TapeStage) -> None:
    hub = MemoryHub()
    bus = joined(stage, hub)
    bus.publish(stage.advance(0).letters[: 2 * PARTITIONS + 1])
    again = made()
    bus = joined(again, hub)
    fetched(bus, 10**6)
    while publish(again, bus):
        fetched(bus, 10**6)
    assert content(bus) == whole()


def test_a_gate_holds_each_cut_back_until_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tape_stage, "ROWS_AHEAD", ROOM)
    stage = TapeStage(cuts, 1, READERS, Gate(1.0))
    stage.run = "t"
    joined(stage, MemoryHub())
    rounds = [len(stage.advance(now).letters) // PARTITIONS for now in (0, 0, 3, 3, 10)]
    assert rounds == [1, 0, 3, 0, 7]
    assert 0 < stage.patience_s(10) <= 0.05
