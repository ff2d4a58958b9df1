"""One contract for every bus: in order, once, refused when known, and honest about a wipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from shared.engine.bus import Bus, Key, Note, number
from shared.engine.memory_bus import MemoryBus, MemoryHub
from shared.engine.redis_bus import open_epoch
from shared.engine.redis_wire import Wire
from shared.failures import Corrupt, Unavailable, Wiped
from shared.store.contract import Letter

TICKS = Key("ticks", 3)
FILLS = Key("fills", 0)


@dataclass
class World:
    """A bus, and what may happen to it."""

    bus: Bus
    wipe: Callable[[], object]
    join: Callable[[], Bus]


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.redis)])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "memory":
        hub = MemoryHub()
        yield World(MemoryBus(hub), hub.wipe, lambda: MemoryBus(hub))
        return
    url: str = request.getfixturevalue("redis_url")
    Wire(url).ask("FLUSHALL")
    epochs = [0]

    def join() -> Bus:
        def bump(seen: int) -> int:
            epochs[0] = max(epochs[0], seen + 1)
            return epochs[0]

        return open_epoch(url, "t", epochs[0], bump)

    yield World(join(), lambda: Wire(url).ask("FLUSHALL"), join)


def letter(count: int, payload: bytes = b"x", key: Key = TICKS) -> Letter:
    seq = number(1, count)
    prev = number(1, count - 1) if count > 1 else 0
    return Letter(
        stream=key.stream, partition=key.partition, seq=seq, prev_seq=prev, watermark_ns=0, payload=payload
    )


def test_what_is_published_is_read_in_order_above_a_number(world: World) -> None:
    world.bus.ensure([TICKS])
    world.bus.publish([letter(n, b"%d" % n) for n in range(1, 6)], stamp_ns=77, origin_ns=66)
    entries = world.bus.read({TICKS: number(1, 2)}, 0.0)[TICKS]
    assert [tuple(entry) for entry in entries] == [(number(1, n), b"%d" % n, 77, 66) for n in (3, 4, 5)]
    assert world.bus.last(TICKS) == number(1, 5)


def test_an_empty_log_has_no_last_number(world: World) -> None:
    world.bus.ensure([TICKS])
    assert world.bus.last(TICKS) == 0
    assert world.bus.read({TICKS: 0}, 0.01) == {}


def test_the_same_bytes_again_are_no_second_entry(world: World) -> None:
    world.bus.ensure([TICKS])
    world.bus.publish([letter(1), letter(2)])
    world.bus.publish([letter(1), letter(2), letter(3)])
    assert [e.seq for e in world.bus.read({TICKS: 0}, 0.0)[TICKS]] == [number(1, n) for n in (1, 2, 3)]


def test_large_letters_that_are_there_already_do_not_keep_back_those_behind_them(world: World) -> None:
    world.bus.ensure([TICKS])
    letters = [letter(n, bytes([n]) * 100_000) for n in range(1, 9)]
    world.bus.publish(letters[:5])
    world.bus.publish(letters)
    last, found = 0, []
    while last < letters[-1].seq:
        entries = world.bus.read({TICKS: last}, 0.0)[TICKS]
        found += [entry.payload for entry in entries]
        last = entries[-1].seq
    assert found == [one.payload for one in letters]


def test_other_bytes_under_a_known_number_stop_the_writer(world: World) -> None:
    world.bus.ensure([TICKS])
    world.bus.publish([letter(1), letter(2)])
    with pytest.raises(Corrupt, match="other bytes"):
        world.bus.publish([letter(2, b"other")])


def test_a_number_that_was_jumped_over_cannot_be_filled_in_later(world: World) -> None:
    world.bus.ensure([TICKS])
    world.bus.publish([letter(1), letter(3)])
    with pytest.raises(Corrupt, match="never held"):
        world.bus.publish([letter(2)])


def test_trimming_keeps_the_last_number_and_forgives_old_letters(world: World) -> None:
    world.bus.ensure([TICKS])
    world.bus.publish([letter(n) for n in range(1, 6)])
    world.bus.trim(TICKS, number(1, 4))
    assert [e.seq for e in world.bus.read({TICKS: 0}, 0.0)[TICKS]] == [number(1, 4), number(1, 5)]
    world.bus.publish([letter(2)])
    world.bus.trim(TICKS, number(1, 9))
    assert world.bus.last(TICKS) == number(1, 5)


def test_a_wiped_bus_is_noticed_by_writer_and_reader(world: World) -> None:
    world.bus.ensure([TICKS])
    world.bus.publish([letter(1)])
    world.wipe()
    with pytest.raises(Wiped):
        world.bus.publish([letter(2)])
    with pytest.raises(Wiped):
        world.bus.read({TICKS: 0}, 0.01)


def test_a_log_that_was_never_made_is_a_mistake_and_no_wipe(world: World) -> None:
    world.bus.ensure([TICKS])
    with pytest.raises(Corrupt, match="no log that this run writes"):
        world.bus.publish([letter(1, key=Key(TICKS.stream, 7))])


def test_a_source_that_reads_nothing_notices_a_wipe_while_it_waits(world: World) -> None:
    world.bus.ensure([TICKS])
    world.wipe()
    with pytest.raises(Wiped):
        world.bus.read({}, 0.01)


def test_after_a_wipe_everyone_meets_in_the_next_epoch(world: World) -> None:
    world.bus.ensure([TICKS])
    world.wipe()
    writer, reader = world.join(), world.join()
    writer.ensure([TICKS])
    writer.publish([letter(1, b"again")])
    assert reader.read({TICKS: 0}, 0.0)[TICKS][0].payload == b"again"
    with pytest.raises(Wiped):
        world.bus.alive()


def test_readers_tell_writers_how_far_they_are(world: World) -> None:
    world.bus.ensure([FILLS])
    world.bus.note([Note("durable", "risk:0", {FILLS: 5}), Note("fetched", "risk:0", {FILLS: 9, TICKS: 2})])
    world.bus.note([Note("durable", "ledger:0", {FILLS: 4})])
    assert world.bus.noted("durable") == {FILLS: {"risk:0": 5, "ledger:0": 4}}
    assert world.bus.noted("fetched") == {FILLS: {"risk:0": 9}, TICKS: {"risk:0": 2}}


def test_only_the_newest_holder_of_a_lease_is_heard(world: World) -> None:
    world.bus.ensure([FILLS])
    world.bus.note([Note("durable", "risk:0", {FILLS: 5}, 1)])
    world.bus.note([Note("durable", "risk:0", {FILLS: 3}, 2)])
    world.bus.note([Note("durable", "risk:0", {FILLS: 9}, 1)])
    for _ in range(2):
        assert world.bus.noted("durable") == {FILLS: {"risk:0": 3}}
    world.bus.note([Note("durable", "risk:0", {FILLS: 8}, 10)])
    assert world.bus.noted("durable") == {FILLS: {"risk:0": 8}}


@pytest.mark.redis
def test_notes_of_past_holders_are_swept_up(redis_url: str) -> None:
    wire = Wire(redis_url)
    wire.ask("FLUSHALL")
    bus = open_epoch(redis_url, "t", 0, lambda seen: seen + 1)
    for epoch in (2, 1, 3, 10, 9):
        bus.note([Note("durable", "risk:0", {FILLS: epoch}, epoch)])
    assert bus.noted("durable") == {FILLS: {"risk:0": 10}}
    assert wire.ask("HKEYS", "tl:t:1:notes:durable") == [b"fills:0 risk:0 10"]
    bus.close()


@pytest.mark.redis
def test_a_server_that_is_full_is_unavailable_to_whoever_writes(redis_url: str) -> None:
    wire = Wire(redis_url)
    wire.ask("FLUSHALL")
    bus = open_epoch(redis_url, "t", 0, lambda seen: seen + 1)
    bus.ensure([FILLS])
    wire.ask("CONFIG", "SET", "maxmemory", 1)
    try:
        writes: tuple[Callable[[], object], ...] = (
            lambda: bus.note([Note("durable", "risk:0", {FILLS: 5}, 1)]),
            lambda: bus.ensure([TICKS]),
            lambda: bus.publish([letter(1, key=FILLS)]),
        )
        for write in writes:
            with pytest.raises(Unavailable, match="memory"):
                write()
        bus.trim(FILLS, number(1, 1))
    finally:
        wire.ask("CONFIG", "SET", "maxmemory", 0)
    bus.note([Note("durable", "risk:0", {FILLS: 5}, 1)])
    assert bus.noted("durable") == {FILLS: {"risk:0": 5}}
    bus.close()
