"""Whatever dies and whenever, a chain of stages says what it would have said, once."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import msgspec
import pytest

from shared import metrics as m
from shared.block import Block
from shared.codec import decode, encode
from shared.engine import promise
from shared.engine.bus import Key, Note, number
from shared.engine.closes import StrictCloses
from shared.engine.forward import ForwardStage
from shared.engine.live_closes import LiveCloses
from shared.engine.memory_bus import MemoryBus, MemoryHub
from shared.engine.meter import Meter
from shared.engine.promise import PromiseStage, read_state
from shared.engine.recompute import SNAPSHOT_EVERY_NS, SNAPSHOT_LATE_NS, SPEAKING_NS, RecomputeStage
from shared.engine.stage import Stage, letter
from shared.engine.trim import TRIM_EVERY_NS, Trimmer
from shared.engine.worker import Edge, Worker
from shared.failures import BadInput, Corrupt, Fenced, Wiped
from shared.store.contract import Letter, RunRow
from shared.store.memory import MemoryStore
from shared.streams import BARS, FEATURES, FILLS, SIGNALS, TICKS
from shared.time import END_OF_TAPE
from tests.fixtures.blocks import block
from tests.fixtures.toys import Counter, Echo

TICKS_KEY = Key("ticks", 0)
CUTS = 40


class Killed(BaseException):
    """A simulated kill."""


def tape() -> list[Letter]:
    letters, last = [], 0
    for n in range(1, CUTS + 1):
        times = [n * 10] if n % 3 else []
        made = block(TICKS, times, watermark_ns=END_OF_TAPE if n == CUTS else n * 10)
        letters.append(letter(made, "t", number(1, n), last))
        last = number(1, n)
    return letters


def nothing_is_needed(key: Key) -> int:
    return 0


def counting() -> Stage:
    return RecomputeStage("features", TICKS_KEY, (BARS,), Counter(), nothing_is_needed)


def echoing() -> Stage:
    return ForwardStage("inference", Key("bars", 0), (FEATURES,), Echo())


def deciding() -> Stage:
    order = StrictCloses((BARS,), 1, FILLS, 0)
    return PromiseStage("risk", 0, order, Counter(SIGNALS), (SIGNALS,), ())


class Line:
    """Three stages on a memory bus; each may be killed at any crash point."""

    def __init__(self) -> None:
        self.hub, self.store = MemoryHub(), MemoryStore()
        self.store.open_run(RunRow(run="t", mode="strict"))
        self.makers = {"features": counting, "inference": echoing, "risk": deciding}
        self.workers: dict[str, Worker] = {}
        self.countdown = -1
        self.now = 0

    def crash(self, point: str) -> None:
        self.countdown -= 1
        if self.countdown == 0:
            raise Killed(point)

    def start(self, name: str) -> Worker:
        edge = Edge(self.clock, Meter(m.Metrics(name)), self.crash)
        made = Worker("t", MemoryBus(self.hub), self.store, [self.makers[name]()], edge)
        self.workers[name] = made
        made.resume()
        return made

    def clock(self) -> int:
        self.now += 500_000_000
        return self.now

    def turn(self, name: str) -> bool:
        try:
            return (self.workers.get(name) or self.start(name)).turn(0.0)
        except (Killed, Wiped):
            self.workers.pop(name, None)
            return True

    def feed(self) -> None:
        bus = MemoryBus(self.hub)
        bus.ensure([TICKS_KEY, Key("fills", 0)])
        bus.publish(tape())
        fills = block(FILLS, [], watermark_ns=END_OF_TAPE)
        bus.publish([letter(fills, "t", number(1, 1), 0)])

    def settle(self) -> None:
        while sum(self.turn(name) for name in self.makers):
            pass

    def said(self, stream: str) -> Iterator[tuple[int, int, bytes]]:
        for entry in MemoryBus(self.hub).read({Key(stream, 0): 0}, 0.0).get(Key(stream, 0), []):
            yield entry.seq, decode(entry.payload).prev_seq, entry.payload

    def all_said(self) -> list[list[tuple[int, int, bytes]]]:
        return [list(self.said(stream)) for stream in ("bars", "features", "signals")]


@pytest.fixture(scope="module")
def golden() -> list[list[tuple[int, int, bytes]]]:
    line = Line()
    line.feed()
    line.settle()
    said = line.all_said()
    assert [len(entries) for entries in said[:2]] == [CUTS, CUTS] and len(said[2]) > CUTS / 2
    return said


def rows_of(entries: list[tuple[int, int, bytes]]) -> list[int]:
    return [time for _, _, payload in entries for time in decode(payload)["event_time_ns"].tolist()]


def test_every_number_names_its_predecessor(golden: list[list[tuple[int, int, bytes]]]) -> None:
    for entries in golden:
        assert [prev for _, prev, _ in entries] == [0, *(seq for seq, _, _ in entries[:-1])]


@pytest.mark.parametrize("seed", range(60))
def test_kills_at_crash_points_change_nothing_that_was_said(
    seed: int, golden: list[list[tuple[int, int, bytes]]]
) -> None:
    draw, line = Random(seed), Line()
    line.feed()
    for _ in range(6):
        line.countdown = draw.randrange(1, 30)
        for _ in range(draw.randrange(1, 6)):
            line.turn(draw.choice(list(line.makers)))
    line.countdown = -1
    line.settle()
    said = line.all_said()
    assert said[:2] == golden[:2]
    assert rows_of(said[2]) == rows_of(golden[2])


@pytest.mark.parametrize("seed", range(30))
def test_a_wiped_bus_is_filled_again_from_disk_and_outbox(
    seed: int, golden: list[list[tuple[int, int, bytes]]]
) -> None:
    draw, line = Random(seed), Line()
    line.feed()
    for _ in range(draw.randrange(1, 12)):
        line.turn(draw.choice(list(line.makers)))
    line.hub.wipe()
    line.feed()
    line.settle()
    assert rows_of(line.all_said()[2]) == rows_of(golden[2])


def test_a_restart_reaches_what_was_called_durable_although_a_wipe_left_newer_snapshots() -> None:
    line = Line()
    line.feed()
    line.turn("features")
    assert line.store.snapshot("t", "features", 0, number(1, CUTS)) is not None
    line.hub.wipe()
    bus = MemoryBus(line.hub)
    bus.ensure([TICKS_KEY])
    bus.publish(tape()[:10])
    line.workers.clear()
    line.turn("features")
    durable = bus.noted("durable")[TICKS_KEY]["features:0"]
    assert durable == number(1, 10)
    bus.trim(TICKS_KEY, durable)
    bus.publish(tape()[10:])
    line.workers.clear()
    line.turn("features")
    assert len(list(line.said("bars"))) == CUTS


def test_a_snapshot_lets_those_who_act_on_rows_go_first_unless_it_is_late() -> None:
    line, stage = Line(), counting()
    line.start("features")
    stage.run = "t"
    taken = []
    due_ns = 2 * SNAPSHOT_EVERY_NS
    late_ns = due_ns + SPEAKING_NS + SNAPSHOT_EVERY_NS + SNAPSHOT_LATE_NS
    moments = [(SNAPSHOT_EVERY_NS, False)]
    moments += [(due_ns, True), (due_ns + SPEAKING_NS - 1, False), (due_ns + SPEAKING_NS, False)]
    moments += [(late_ns - 1, True), (late_ns, True)]
    for n, (now_ns, has_rows) in enumerate(moments, 1):
        made = block(TICKS, [n * 10] if has_rows else [], watermark_ns=n * 10)
        stage.offer(TICKS_KEY, made.numbered("t", number(1, n), number(1, n - 1) if n > 1 else 0))
        stage.advance(now_ns)
        stage.published(line.store, now_ns)
        found = line.store.snapshot("t", "features", 0, number(1, n))
        taken.append(found is not None and found[0] == number(1, n))
    assert taken == [True, False, False, True, False, True]


class Waking(MemoryStore):
    """Counts how often it was told that a commit follows."""

    woken = 0

    def wake(self) -> None:
        """Once more."""
        self.woken += 1


def test_the_first_half_of_a_moment_wakes_the_record_once() -> None:
    hub, store = MemoryHub(), Waking()
    store.open_run(RunRow(run="t", mode="live"))
    order = LiveCloses((BARS, FEATURES), 1, FILLS, 0, 10**12)
    stage = PromiseStage("risk", 0, order, Counter(SIGNALS), (SIGNALS,), ())
    bus = MemoryBus(hub)
    bus.ensure([Key(name, 0) for name in ("bars", "features", "fills", "control")])
    worker = Worker("t", bus, store, [stage], Edge(lambda: 1, Meter(m.Metrics("risk"))))
    worker.resume()
    for n in (1, 2):
        bars = block(BARS, [n * 10], watermark_ns=n * 10)
        bus.publish([letter(bars, "t", number(1, n), number(1, n - 1) if n > 1 else 0)])
        worker.turn(0.0)
        worker.turn(0.0)
        assert store.woken == n
        rows = block(FEATURES, [n * 10], watermark_ns=n * 10)
        bus.publish([letter(rows, "t", number(1, n), number(1, n - 1) if n > 1 else 0)])
        worker.turn(0.0)
    assert store.woken == 2


@pytest.mark.parametrize(("stage", "reads", "says"), [("features", "ticks", 0), ("inference", "bars", 1)])
def test_what_a_zombie_calls_durable_lets_nobody_forget_what_its_successor_reads(
    stage: str, reads: str, says: int, golden: list[list[tuple[int, int, bytes]]]
) -> None:
    line, log, reader = Line(), Key(reads, 0), f"{stage}:0"
    line.feed()
    if stage == "inference":
        line.turn("features")
    whole = [*MemoryBus(line.hub).read({log: 0}, 0.0)[log]]
    line.hub.logs[log][10:] = []
    line.turn(stage)
    zombie, successor = line.workers[stage], line.start(stage)
    line.hub.logs[log][:] = whole

    zombie.turn(0.0)
    writer = Trimmer(MemoryBus(line.hub), [log])
    writer.expect({log: frozenset({reader})})
    writer.turn(TRIM_EVERY_NS)
    successor.turn(0.0)

    assert line.all_said()[says] == golden[says]
    assert MemoryBus(line.hub).noted("durable")[log][reader] == number(1, CUTS)


def test_a_second_holder_of_the_lease_fences_the_first() -> None:
    line = Line()
    line.feed()
    line.turn("features")
    zombie = line.start("risk")
    line.start("risk")
    with pytest.raises(Fenced):
        zombie.turn(0.0)


def test_a_block_that_cannot_be_read_goes_to_the_dead_letters_and_the_rest_goes_on() -> None:
    line = Line()
    bus = MemoryBus(line.hub)
    bus.ensure([TICKS_KEY])
    letters = tape()
    broken = Letter(
        stream="ticks", partition=0, seq=letters[1].seq, prev_seq=0, watermark_ns=0, payload=b"\x9a\x01"
    )
    bus.publish([letters[0], broken, letters[2]])
    line.turn("features")
    assert len(list(line.said("bars"))) == 2
    (dead,) = line.store.dead_letters("t")
    assert (dead.stream, dead.seq, dead.payload) == ("ticks", letters[1].seq, b"\x9a\x01")
    assert "not a block" in dead.error


class Choosy(Echo):
    """An echo that refuses one block."""

    def handle(self, taken: Block) -> Iterator[Block]:
        if len(taken) and taken["event_time_ns"][0] == 50:
            raise BadInput("not this one")
        yield from super().handle(taken)


def test_a_block_that_a_processor_refuses_goes_to_the_dead_letters_and_time_goes_on() -> None:
    line = Line()
    line.makers["inference"] = lambda: ForwardStage("inference", Key("bars", 0), (FEATURES,), Choosy())
    line.feed()
    line.settle()
    (dead,) = line.store.dead_letters("t")
    assert (dead.stage, dead.stream, dead.error) == ("inference", "bars", "not this one")
    said = list(line.said("features"))
    assert len(said) == CUTS
    assert 50 not in rows_of(said)
    assert [prev for _, prev, _ in said] == [0, *(seq for seq, _, _ in said[:-1])]


def test_a_stage_that_keeps_nothing_bridges_the_number_of_a_dead_letter() -> None:
    line = Line()
    bus = MemoryBus(line.hub)
    bus.ensure([Key("bars", 0)])
    blocks = [letter(block(BARS, [n * 10], watermark_ns=n * 10), "t", n, n - 1) for n in range(1, 6)]
    broken = [msgspec.structs.replace(blocks[n - 1], payload=b"?") for n in (3, 4)]
    bus.publish([*blocks[:2], *broken, blocks[4]])
    line.turn("inference")
    assert [(seq, prev) for seq, prev, _ in line.said("features")] == [(1, 0), (2, 1), (5, 2)]


def test_a_money_block_that_cannot_be_read_stops_the_service() -> None:
    line = Line()
    bus = MemoryBus(line.hub)
    bus.ensure([Key("fills", 0)])
    bus.publish([Letter(stream="fills", partition=0, seq=9, prev_seq=0, watermark_ns=0, payload=b"{}")])
    with pytest.raises(Corrupt, match="dead letters"):
        line.start("risk").turn(0.0)
    assert len(line.store.dead_letters("t")) == 1


def test_the_promising_stage_keeps_its_place_and_its_numbers() -> None:
    line = Line()
    line.feed()
    line.settle()
    row = line.store.stage("t", "risk", 0)
    state = read_state(row.state if row else None)
    assert state is not None and state.promise_ns == END_OF_TAPE
    assert state.cursor(Key("bars", 0)).seq == number(1, CUTS)
    assert [seq for seq, _, _ in line.said("signals")] == [number(1, n) for n in range(1, state.entries + 1)]


def test_letters_encode_the_number_they_travel_under() -> None:
    made = letter(block(BARS, [5], watermark_ns=9), "t", 7, 6)
    assert encode(decode(made.payload)) == made.payload
    assert (decode(made.payload).seq, decode(made.payload).prev_seq) == (7, 6)


def test_letters_that_every_reader_holds_are_forgotten_but_for_the_latest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(promise, "LETTERS_KEPT", 5)
    monkeypatch.setattr(promise, "FORGET_EVERY_NS", 1)
    line = Line()
    line.feed()
    line.turn("features")
    bus = MemoryBus(line.hub)
    bus.ensure([Key("signals", 0)])
    bus.note([Note("durable", "reader:0", {Key("signals", 0): number(1, 3)})])
    line.settle()
    assert next(iter(line.store.outbox("t", "signals", 0, 0))).seq == number(1, 3)
    bus.note([Note("durable", "reader:0", {Key("signals", 0): number(1, 1 << 20)})])
    line.workers["risk"].turn(0.0)
    assert len(list(line.store.outbox("t", "signals", 0, 0))) == 6
