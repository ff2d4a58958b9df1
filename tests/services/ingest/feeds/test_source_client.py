"""A vendor's library is run again and again; what happened in between is fetched once, and nothing twice."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event

import pytest

from services.ingest.feeds.backoff import Backoff
from services.ingest.feeds.events import Complaint, Quote, Subscribed, Trade
from services.ingest.feeds.queue import FeedQueue
from services.ingest.feeds.rows import Received
from services.ingest.feeds.source_client import ClientConnection, Known, Overheard, Said
from services.ingest.feeds.source_feed import Line
from services.ingest.feeds.tracker import FeedTracker
from shared.failures import BadInput, Refused, Unavailable


def trade(number: int) -> Known:
    return Known(Trade(1, 1_000 * number, 100, 1, 0, 0), number)


class Library:
    """A library that plays one list of messages a connection, and stays on the last."""

    name = "acme"

    def __init__(self, *connections: Sequence[object], past: Sequence[Known] = ()) -> None:
        self.connections, self.known, self.asked = list(connections), past, list[int]()
        self.down, self.over = False, Event()
        self.bug: BaseException | None = None

    def run(self, heard: Callable[[object], None]) -> None:
        """One connection."""
        if self.bug:
            raise self.bug
        for message in self.connections.pop(0):
            heard(message)
        if self.connections:
            raise Unavailable("hung up")
        self.over.wait(10)

    def stop(self) -> None:
        """Ends the last connection."""
        self.over.set()

    def said(self, message: object) -> Sequence[Said]:
        """A message is what it says."""
        if isinstance(message, str):
            raise BadInput(message)
        assert isinstance(message, Known | Subscribed | Complaint)
        return [message]

    def past(self, since_ns: int) -> Sequence[Known]:
        """What the vendor remembers."""
        self.asked.append(since_ns)
        if self.down:
            raise Unavailable("no history today")
        return self.known


class Feed:
    """A connection and what it has given."""

    def __init__(self, library: Library) -> None:
        self.said: list[str] = []
        self.tracker = FeedTracker()
        self.line = Line(FeedQueue(), self.tracker.clock, self.tracker.counts, self.said.append)
        self.connection = ClientConnection(library, self.tracker, self.line, Backoff(0.001, 0.001), 1)
        self.rows: list[Received] = []

    def until(self, come: Callable[[], bool]) -> None:
        """Listens until this has come true."""
        deadline = time.monotonic() + 10
        while not come():
            self.connection.check()
            self.rows += self.line.queue.drain()
            assert time.monotonic() < deadline, (self.tracker.counts, self.said)
            time.sleep(0.002)

    def times(self) -> list[int]:
        """Times of all rows, in thousands."""
        return sorted(row.time_ns // 1_000 for row in self.rows)


@contextmanager
def feed(library: Library, from_ns: int = 0) -> Iterator[Feed]:
    made = Feed(library)
    made.connection.start(from_ns)
    try:
        yield made
    finally:
        made.connection.stop()


OK = Subscribed("subscribe")


def test_after_a_connection_ended_what_was_missed_is_fetched_and_nothing_comes_twice() -> None:
    library = Library([OK, trade(1), trade(2)], [OK, trade(4)], past=[trade(2), trade(3), trade(4)])
    with feed(library) as live:
        live.until(lambda: live.times() == [1, 2, 3, 4])
    assert library.asked == [2_000]
    counts = live.tracker.counts
    assert (counts.connections, counts.reconnections) == (2, 1)
    assert counts.duplicates in {2, 3}


def test_it_goes_on_where_an_earlier_process_stopped() -> None:
    library = Library([OK], past=[trade(6), trade(7)])
    with feed(library, from_ns=5_000) as live:
        live.until(lambda: live.times() == [6, 7])
        live.until(lambda: live.line.queue.held_ns(0) is None)
    assert library.asked == [5_000]


def test_a_first_start_fetches_nothing() -> None:
    library = Library([OK, trade(1)])
    with feed(library) as live:
        live.until(lambda: live.times() == [1])
    assert library.asked == []


def test_a_history_that_is_down_is_said_and_the_feed_goes_on() -> None:
    library = Library([OK, trade(1)], [OK, trade(3)])
    library.down = True
    with feed(library) as live:
        live.until(lambda: live.times() == [1, 3] and live.line.queue.held_ns(0) is None)
    assert any("no history today" in line for line in live.said)


def test_nonsense_and_complaints_are_counted_and_cost_nothing_else() -> None:
    library = Library(
        [OK, "nonsense", Complaint("too many"), trade(1), Known(Quote(1, 9_000, 1, 2, 1, 1, 0))]
    )
    with feed(library) as live:
        live.until(lambda: live.times() == [1, 9])
    assert (live.tracker.counts.nonsense, live.tracker.counts.complaints) == (1, 1)


@pytest.mark.parametrize("bug", [Refused("a wrong key"), ZeroDivisionError()])
def test_what_no_patience_mends_ends_the_service(bug: BaseException) -> None:
    library = Library([])
    library.bug = bug
    with feed(library) as live, pytest.raises(type(bug)):
        live.until(lambda: False)


def test_what_a_library_logs_as_trouble_is_one_line_and_one_count() -> None:
    made = Feed(Library([]))
    log = logging.Logger("library")
    log.addHandler(Overheard("acme", made.line))
    log.info("all is well")
    log.warning("lost it\nTraceback: …")
    assert made.said == ["acme: lost it"]
    assert made.tracker.counts.complaints == 1
