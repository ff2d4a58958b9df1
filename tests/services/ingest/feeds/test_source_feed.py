"""A live source gives rows in the venue's order and promises no more than it can keep."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.cuts import WIRE_ROWS
from services.ingest.feeds.events import Trade
from services.ingest.feeds.queue import FeedQueue
from services.ingest.feeds.rows import Received
from services.ingest.feeds.source_feed import TELL_EVERY_NS, FeedPacing, FeedSource, Line
from services.ingest.feeds.tracker import FeedCounts
from services.ingest.feeds.venue_clock import VenueClock
from services.ingest.quality.live_checks import LiveChecks
from services.ingest.quality.plan import QualityPlan
from services.ingest.quality.reasons import Reason
from shared.block import Block
from shared.failures import Unavailable
from tests.fixtures.venues import bitcoin

MS = 1_000_000
LATE = 250 * MS


class Quiet:
    """A connection that only remembers."""

    def __init__(self) -> None:
        self.started: list[int] = []
        self.failure: Exception | None = None
        self.stopped = False

    def start(self, from_ns: int) -> None:
        """Remembers from where."""
        self.started.append(from_ns)

    def check(self) -> None:
        """Raises what the test wants."""
        if self.failure:
            raise self.failure

    def stop(self) -> None:
        """Remembers that."""
        self.stopped = True


class Bench:
    """A source beside its queue; the clocks agree."""

    def __init__(self, rows_per_cut: int = 1024) -> None:
        self.said: list[str] = []
        self.line = Line(FeedQueue(), VenueClock(), FeedCounts(), self.said.append)
        self.line.clock.seen(0, 0)
        self.connection = Quiet()
        self.source = FeedSource(
            bitcoin(), self.connection, self.line, FeedPacing(rows_per_cut=rows_per_cut), 2
        )
        self.source.resume(0, 0)
        self.number = 0

    def hear(self, *times_ns: int) -> None:
        """Trades of these times come."""
        for time_ns in times_ns:
            self.number += 1
            self.line.queue.put([Received(time_ns, time_ns, Trade(1, time_ns, 1, 1, 1, self.number))])

    def cut(self, now_ns: int) -> list[Block]:
        """The next cut, which must be due."""
        blocks = self.source.next(now_ns)
        assert blocks is not None
        return blocks


def times(blocks: list[Block]) -> list[int]:
    return sorted(t for block in blocks for t in block["event_time_ns"].tolist())


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_rows_wait_for_the_lateness_bound_and_come_in_order(bench: Bench) -> None:
    bench.hear(1000 * MS, 900 * MS)
    assert times(bench.cut(1000 * MS)) == []
    blocks = bench.cut(1000 * MS + LATE)
    assert times(blocks) == [900 * MS, 1000 * MS]
    assert {block.watermark_ns for block in blocks} == {1000 * MS}


def test_a_row_behind_the_promise_is_counted_and_goes_with_the_next_cut_into_quarantine(bench: Bench) -> None:
    checks = LiveChecks(QualityPlan(), bitcoin(), 2)
    checks.sift(bench.cut(1000 * MS + LATE))
    bench.hear(1000 * MS, 1001 * MS)
    sifted = checks.sift(bench.cut(2000 * MS))
    assert times(list(sifted.cut)) == [1001 * MS]
    assert sifted.refused["reason"].tolist() == [Reason.TOO_LATE]
    assert (sifted.refused["event_time_ns"].tolist(), sifted.refused["price"].tolist()) == ([1000 * MS], [1])
    assert bench.line.counts.late == 1


def test_late_rows_alone_wait_for_the_heartbeat_and_many_of_them_for_several(bench: Bench) -> None:
    bench.cut(1000 * MS)
    bench.hear(*([500 * MS] * (WIRE_ROWS + 1)))
    assert bench.source.next(1000 * MS + 249 * MS) is None
    assert len(times(bench.cut(1000 * MS + 250 * MS))) == WIRE_ROWS
    assert len(times(bench.cut(1000 * MS + 500 * MS))) == 1


@given(st.lists(st.lists(st.integers(1, 60), max_size=8), max_size=12))
def test_every_row_is_accepted_in_time_or_quarantined_as_too_late(rounds: list[list[int]]) -> None:
    bench, checks = Bench(), LiveChecks(QualityPlan(), bitcoin(), 2)
    accepted, refused, promised, now = list[int](), list[int](), 0, 1000 * MS + LATE
    for steps in [*rounds, [], []]:
        bench.hear(*(1000 * MS + 10 * MS * step for step in steps))
        now += 250 * MS
        sifted = checks.sift(bench.cut(now))
        assert all(time > promised for time in times(list(sifted.cut)))
        assert all(time <= promised for time in sifted.refused["event_time_ns"].tolist())
        assert set(sifted.refused["reason"].tolist()) <= {int(Reason.TOO_LATE)}
        accepted += times(list(sifted.cut))
        refused += sifted.refused["event_time_ns"].tolist()
        promised = sifted.cut[0].watermark_ns
    assert sorted(accepted + refused) == sorted(1000 * MS + 10 * MS * s for steps in rounds for s in steps)
    assert len(refused) == bench.line.counts.late


def test_what_is_still_being_fetched_holds_the_promise(bench: Bench) -> None:
    bench.line.queue.hold("hole", 700 * MS, 9000 * MS)
    bench.hear(1000 * MS)
    assert {block.watermark_ns for block in bench.cut(2000 * MS)} == {700 * MS}
    assert bench.source.next(3000 * MS) is None
    bench.hear(800 * MS)
    bench.line.queue.release("hole")
    assert times(bench.cut(4000 * MS)) == [800 * MS, 1000 * MS]


def test_time_goes_on_at_every_heartbeat_without_rows(bench: Bench) -> None:
    first = bench.cut(1000 * MS)
    assert bench.source.next(1000 * MS + 249 * MS) is None
    second = bench.cut(1000 * MS + 250 * MS)
    assert second[0].watermark_ns - first[0].watermark_ns == 250 * MS


def test_before_the_venue_has_told_its_time_nothing_is_promised() -> None:
    bench = Bench()
    bench.line = Line(FeedQueue(), VenueClock(), FeedCounts(), bench.said.append)
    source = FeedSource(bitcoin(), Quiet(), bench.line, FeedPacing(), 2)
    assert source.next(10**18) is None


@given(st.lists(st.integers(1, 30), max_size=40), st.integers(1, 5))
def test_every_row_is_given_once_and_no_promise_is_broken(steps: list[int], rows_per_cut: int) -> None:
    bench = Bench(rows_per_cut)
    bench.hear(*(1000 * MS + step for step in steps))
    promised, given_, now = 0, list[int](), 2000 * MS
    for _ in range(len(steps) + 2):
        now += 300 * MS
        for block in bench.source.next(now) or ():
            found = block["event_time_ns"].tolist()
            assert all(time > promised for time in found)
            given_ += found
            watermark = block.watermark_ns
        assert watermark >= promised
        promised = watermark
    assert sorted(given_) == sorted(1000 * MS + step for step in steps)


def test_it_goes_on_behind_the_last_cut_of_an_earlier_process(bench: Bench) -> None:
    bench.source.resume(3, 5000 * MS)
    assert bench.connection.started == [0, 5000 * MS]
    bench.hear(5000 * MS, 5001 * MS)
    assert times(bench.cut(6000 * MS)) == [5000 * MS, 5001 * MS]
    assert bench.line.counts.late == 1


def test_what_ended_the_connections_thread_ends_the_service(bench: Bench) -> None:
    bench.connection.failure = Unavailable("no way")
    with pytest.raises(Unavailable, match="no way"):
        bench.source.next(0)


def test_once_a_minute_the_counts_are_said_if_they_changed(bench: Bench) -> None:
    bench.line.counts.frames = 7
    for minute in range(1, 4):
        bench.source.next(minute * TELL_EVERY_NS)
    assert len(bench.said) == 1
    assert "frames 7" in bench.said[0]


def test_closing_lets_the_venue_go(bench: Bench) -> None:
    bench.source.close()
    assert bench.connection.stopped
