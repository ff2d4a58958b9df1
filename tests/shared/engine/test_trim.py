"""A log is forgotten only below what its slowest expected reader holds durably."""

from __future__ import annotations

from shared.engine.bus import Key, Note, number
from shared.engine.memory_bus import MemoryBus, MemoryHub
from shared.engine.trim import TRIM_EVERY_NS, UNREAD_KEPT, Trimmer
from shared.store.contract import Letter

LOG = Key("bars", 0)


def filled(count: int = 10) -> MemoryBus:
    bus = MemoryBus(MemoryHub())
    bus.ensure([LOG])
    letters = [
        Letter(stream="bars", partition=0, seq=number(1, n), prev_seq=0, watermark_ns=n, payload=b"x")
        for n in range(1, count + 1)
    ]
    bus.publish(letters)
    return bus


def left(bus: MemoryBus) -> list[int]:
    return [entry.seq - number(1, 0) for entry in bus.read({LOG: 0}, 0.0).get(LOG, [])]


def durable(bus: MemoryBus, reader: str, count: int) -> None:
    bus.note([Note("durable", reader, {LOG: number(1, count)})])


def test_a_log_without_named_readers_keeps_its_end() -> None:
    bus = filled()
    durable(bus, "risk:0", 9)
    Trimmer(bus, [LOG]).turn(0)
    assert len(left(bus)) == 10
    long = filled(UNREAD_KEPT + 50)
    Trimmer(long, [LOG]).turn(0)
    assert left(long)[0] == 50


def test_nothing_goes_until_every_expected_reader_has_spoken() -> None:
    bus = filled()
    trimmer = Trimmer(bus, [LOG])
    trimmer.expect({LOG: frozenset({"risk:0", "ledger:0"})})
    durable(bus, "risk:0", 9)
    trimmer.turn(0)
    assert len(left(bus)) == 10


def test_the_slowest_reader_keeps_what_it_has_not_made_durable() -> None:
    bus = filled()
    trimmer = Trimmer(bus, [LOG])
    trimmer.expect({LOG: frozenset({"risk:0", "ledger:0"})})
    durable(bus, "risk:0", 9)
    durable(bus, "ledger:0", 4)
    bus.note([Note("fetched", "ledger:0", {LOG: number(1, 10)})])
    trimmer.turn(0)
    assert left(bus) == [4, 5, 6, 7, 8, 9, 10]


def test_it_trims_only_now_and_then() -> None:
    bus = filled()
    trimmer = Trimmer(bus, [LOG])
    trimmer.expect({LOG: frozenset({"risk:0"})})
    trimmer.turn(0)
    durable(bus, "risk:0", 8)
    trimmer.turn(TRIM_EVERY_NS - 1)
    assert len(left(bus)) == 10
    trimmer.turn(TRIM_EVERY_NS)
    assert left(bus) == [8, 9, 10]
