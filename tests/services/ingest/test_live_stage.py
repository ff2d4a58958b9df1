"""What a live source gives is on disk first: a wiped bus is filled again, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

import services.ingest.live_stage as live_stage
from services.ingest.cuts import PartitionTable, one_cut
from services.ingest.live_stage import QUIET_NS, SYNC_EVERY_NS, Guard, LiveStage
from services.ingest.quality.live_checks import LiveChecks
from services.ingest.quality.plan import QualityPlan
from services.ingest.quality.reasons import Reason
from shared.block import Block
from shared.codec import decode
from shared.engine.bus import EPOCH_BITS, Key, Kind, Note, number
from shared.engine.memory_bus import MemoryBus, MemoryHub
from shared.failures import Fenced
from shared.lake.block_log import BlockLog, read_cuts
from shared.market import Instrument, Instruments
from shared.store.contract import RunRow
from shared.store.memory import MemoryStore
from shared.streams import TICKS
from tests.fixtures.blocks import block
from tests.fixtures.ticks import ticks

READERS = {Key("ticks", p): frozenset({f"features:{p}", "venue:0"}) for p in range(2)}
ROOMY = 1 << 30


class Clockwork:
    """A source with one cut at each time it is asked; it remembers from where it was told to go on."""

    def __init__(self) -> None:
        self.instruments = Instruments()
        self.notes: tuple[str, ...] = ()
        self.at_ns = 0
        self.resumed: list[tuple[int, int]] = []

    def next(self, now_ns: int) -> list[Block] | None:
        """The next cut."""
        self.at_ns += 10
        return [block(TICKS, [self.at_ns], watermark_ns=self.at_ns, partition=p) for p in range(2)]

    def due_ns(self, now_ns: int) -> int | None:
        """At once."""
        return now_ns

    def resume(self, cuts: int, watermark_ns: int) -> None:
        """Goes on behind this time."""
        self.resumed.append((cuts, watermark_ns))
        self.at_ns = watermark_ns if cuts else 0


class Desk:
    """A live stage that can be killed, beside a bus that can be wiped."""

    def __init__(self, folder: Path, most_bytes: int = ROOMY) -> None:
        self.folder, self.most_bytes, self.needed = folder, most_bytes, 0
        self.hub, self.store = MemoryHub(), MemoryStore()
        self.store.open_run(RunRow(run="t", mode="live"))
        self.start()

    def start(self) -> None:
        """A new process on the same disk; what the bus lacks is published."""
        self.source = Clockwork()
        self.log = BlockLog(self.folder, segment_bytes=2_000)
        self.stage = LiveStage(self.source, self.log, READERS, self.most_bytes, lambda: self.needed)
        self.stage.run = "t"
        self.bus = MemoryBus(self.hub)
        self.bus.ensure(self.stage.outputs())
        self.bus.publish(self.stage.resume(self.bus, self.store))

    def turn(self, now_ns: int = 0) -> None:
        """One round."""
        self.bus.publish(self.stage.advance(now_ns).letters)
        self.stage.published(self.store, now_ns)

    def held(self) -> list[bytes]:
        """Everything on the bus."""
        found = self.bus.read(dict.fromkeys(READERS, 0), 0.0)
        return [entry.payload for entries in found.values() for entry in entries]

    def times(self) -> list[int]:
        """Event times on partition 1."""
        found = self.bus.read({Key("ticks", 1): 0}, 0.0)
        return [t for e in found[Key("ticks", 1)] for t in decode(e.payload)["event_time_ns"].tolist()]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.log.close()


def test_a_wiped_bus_is_filled_from_disk_byte_for_byte(desk: Desk) -> None:
    for _ in range(5):
        desk.turn()
    before = desk.held()
    desk.hub.wipe()
    desk.start()
    assert desk.held() == before
    assert desk.source.resumed == [(1, 50)]


@pytest.mark.parametrize(("needed", "first"), [(0, 10), (15, 160), (20, 190)])
def test_a_wiped_bus_gets_back_what_a_reader_may_still_need(
    desk: Desk, needed: int, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_stage, "CUTS_REFILLED", 2)
    for _ in range(20):
        desk.turn()
    desk.needed = number(1, needed)
    desk.hub.wipe()
    desk.start()
    assert desk.times() == list(range(first, 201, 10))
    assert desk.source.resumed == [(1, 200)]


class Watched(BlockLog):
    """A log that says up to which cut it was forced to the disk, each time."""

    forced: list[int]

    def flush(self) -> None:
        """Notes the last cut."""
        self.forced.append(self.last_seq - number(1, 0))
        super().flush()


def test_around_a_close_the_log_leaves_the_disk_to_the_decision_unless_it_is_late(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.stage.interval_ns = 1_000
    desk.stage._log = watched = Watched(tmp_path / "watched")
    watched.forced = []
    for n in range(1, 201):
        desk.turn(n * SYNC_EVERY_NS // 10)
    at_ns = [10 * cut for cut in watched.forced]
    assert any(250 <= at % 1_000 < 750 for at in at_ns)
    near = [at for at in at_ns if not 250 <= at % 1_000 < 750]
    assert all(at - before >= 200 for before, at in pairwise(at_ns) if at in near)
    watched.close()


@pytest.mark.parametrize(("bar_ns", "quiet_ns"), [(40 * QUIET_NS, QUIET_NS), (QUIET_NS, QUIET_NS // 10)])
def test_after_the_end_of_a_bar_nothing_is_said_for_a_moment(desk: Desk, bar_ns: int, quiet_ns: int) -> None:
    desk.stage.interval_ns = 20
    for n in range(1, 5):
        desk.turn(n * bar_ns)
    ended_ns = 4 * bar_ns
    desk.turn(ended_ns + quiet_ns - 1)
    assert desk.times() == [10, 20, 30, 40]
    assert desk.stage.patience_s(ended_ns) == pytest.approx(quiet_ns / 1e9)
    desk.turn(ended_ns + quiet_ns)
    assert desk.times() == [10, 20, 30, 40, 50]


def test_a_restart_goes_on_under_a_new_epoch_without_a_gap(desk: Desk) -> None:
    for _ in range(3):
        desk.turn()
    desk.start()
    desk.turn()
    blocks = [decode(payload) for payload in desk.held() if decode(payload).partition == 1]
    assert [made.seq >> EPOCH_BITS for made in blocks] == [1, 1, 1, 2]
    assert [made.prev_seq for made in blocks] == [0, *(made.seq for made in blocks[:-1])]
    assert desk.times() == [10, 20, 30, 40]


def test_a_hung_source_that_wakes_after_its_successor_came_adds_nothing(desk: Desk) -> None:
    desk.turn()
    hung, log = desk.stage, desk.log
    desk.start()
    with pytest.raises(Fenced):
        hung.advance(0)
    log.close()
    desk.turn()
    assert desk.times() == [10, 20]
    assert [seq >> EPOCH_BITS for seq, _ in desk.log.read(0)] == [1, 2]


def test_a_cut_that_died_between_disk_and_bus_is_published_by_the_next_process(desk: Desk) -> None:
    desk.turn()
    desk.stage.advance(0)
    desk.start()
    assert desk.times() == [10, 20]


def test_a_reader_that_does_not_fetch_stops_the_source(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_stage, "CUTS_AHEAD", 3)
    for now in range(6):
        desk.turn(now * live_stage.LOOK_EVERY_NS)
    assert desk.times() == [10, 20, 30]
    assert desk.stage.patience_s(0) == live_stage.HELD_BACK_S


def note(desk: Desk, kind: Kind, partition: int, seq: int) -> None:
    key = Key("ticks", partition)
    for reader in READERS[key]:
        desk.bus.note([Note(kind, reader, {key: seq})])


@pytest.mark.parametrize("slow", [0, 1])
def test_a_slow_reader_of_any_partition_slows_the_source(
    desk: Desk, slow: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_stage, "CUTS_AHEAD", 3)
    note(desk, "fetched", 1 - slow, 1 << 60)
    for now in range(6):
        desk.turn(now * live_stage.LOOK_EVERY_NS)
    assert len(desk.times()) == 3


@pytest.mark.parametrize("behind", [0, 1])
def test_the_disk_keeps_what_any_partition_may_need_again(tmp_path: Path, behind: int) -> None:
    desk = Desk(tmp_path, most_bytes=4_000)
    desk.needed = 1 << 60
    note(desk, "durable", 1 - behind, 1 << 60)
    note(desk, "durable", behind, 1 << EPOCH_BITS)
    for now in range(60):
        desk.turn(now * live_stage.LOOK_EVERY_NS)
    assert len(list(desk.log.read(0))) == 60
    note(desk, "durable", behind, 1 << 60)
    desk.turn(1_000 * live_stage.LOOK_EVERY_NS)
    assert len(list(desk.log.read(0))) < 60
    desk.log.close()


def test_the_disk_keeps_what_features_would_make_again_for_a_reader_that_fell_behind(tmp_path: Path) -> None:
    desk = Desk(tmp_path, most_bytes=4_000)
    desk.needed = number(1, 5)
    for partition in range(2):
        note(desk, "durable", partition, 1 << 60)
    for now in range(60):
        desk.turn(now * live_stage.LOOK_EVERY_NS)
    assert desk.log.bytes_held() > 4_000
    assert next(seq for seq, _ in desk.log.read(number(1, 5))) == number(1, 6)
    desk.log.close()


class Doubtful(Clockwork):
    """A source whose every second row has a price below zero."""

    def next(self, now_ns: int) -> list[Block] | None:
        """The next cut."""
        self.at_ns += 10
        price = 100 if self.at_ns % 20 else -1
        rows = ticks([{"event_time_ns": self.at_ns, "instrument": 1, "kind": 1, "price": price, "size": 1}])
        return one_cut(rows, PartitionTable(rows["instrument"], 2), self.at_ns)


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Desk]:
    class Guarded(Desk):
        """A desk whose source is checked."""

        def start(self) -> None:
            """A new process, with a log for what is refused."""
            known = Instruments([Instrument(instrument=1, symbol="A")])
            self.source, self.refused = Doubtful(), BlockLog(self.folder / "refused")
            self.log = BlockLog(self.folder / "ticks", segment_bytes=2_000)
            guard = Guard(LiveChecks(QualityPlan(), known, 2), self.refused)
            self.stage = LiveStage(self.source, self.log, READERS, ROOMY, lambda: self.needed, guard)
            self.stage.run = "t"
            self.bus = MemoryBus(self.hub)
            self.bus.ensure(self.stage.outputs())
            self.bus.publish(self.stage.resume(self.bus, self.store))

    made = Guarded(tmp_path)
    yield made
    made.log.close()


def refused(desk: Desk) -> list[tuple[int, int]]:
    """Times and reasons on the bus's quarantine."""
    found = desk.bus.read({live_stage.QUARANTINE_KEY: 0}, 0.0)
    blocks = [decode(entry.payload) for entry in found[live_stage.QUARANTINE_KEY]]
    rows = [(block["event_time_ns"].tolist(), block["reason"].tolist()) for block in blocks]
    return [pair for times, reasons in rows for pair in zip(times, reasons, strict=True)]


def passed(desk: Desk) -> list[int]:
    """Times of the ticks that readers see."""
    blocks = [decode(payload) for payload in desk.held()]
    return sorted(time for block in blocks for time in block["event_time_ns"].tolist())


def test_a_refused_row_is_on_disk_and_in_the_quarantine_and_no_reader_sees_it(guarded: Desk) -> None:
    for _ in range(4):
        guarded.turn()
    wanted = [(20, Reason.NEGATIVE_PRICE), (40, Reason.NEGATIVE_PRICE)]
    assert (passed(guarded), refused(guarded)) == ([10, 30], wanted)
    kept = [decode(payload) for _, (payload,) in read_cuts(guarded.folder / "refused")]
    assert [block["event_time_ns"].tolist() for block in kept] == [[20], [40]]


def test_a_restart_goes_on_with_the_checks_where_they_were(guarded: Desk) -> None:
    for _ in range(2):
        guarded.turn()
    guarded.start()
    assert guarded.source.resumed == [(1, 20)]
    guarded.source.at_ns = 0
    for _ in range(4):
        guarded.turn()
    assert passed(guarded) == [10, 30]
    reasons = [Reason.NEGATIVE_PRICE, Reason.TOO_LATE, Reason.TOO_LATE, Reason.NEGATIVE_PRICE]
    assert refused(guarded) == list(zip([20, 10, 20, 40], reasons, strict=True))
