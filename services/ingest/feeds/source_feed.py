"""A live feed as a source: rows in the venue's time, promises that wait for what is still being fetched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol

import numpy as np

from services.ingest.cuts import WIRE_ROWS, PartitionTable, empty_cut, one_cut
from services.ingest.feeds.queue import FeedQueue
from services.ingest.feeds.rows import DepthRows, Received, ticks_block
from services.ingest.feeds.tracker import FeedCounts
from services.ingest.feeds.venue_clock import VenueClock
from shared.block import Block
from shared.market import Instruments
from shared.time import MINUTE_NS, SECOND_NS

TELL_EVERY_NS: Final = MINUTE_NS


class FeedPacing(NamedTuple):
    """How rows become cuts: how long to wait for late ones, for more of them, and at most."""

    lateness_ns: int = SECOND_NS // 4
    rows_per_cut: int = 1024
    linger_ns: int = 2_000_000
    heartbeat_ns: int = SECOND_NS // 4


class Connection(Protocol):
    """What talks to the venue in a thread of its own."""

    def start(self, from_ns: int) -> None:
        """Connects, and fetches what the venue has done since this time; 0: from now on."""
        ...

    def check(self) -> None:
        """Raises what ended the thread, if anything did."""
        ...

    def stop(self) -> None:
        """Lets the venue go, and waits until nothing of it runs any more."""
        ...


class Books(Protocol):
    """Who keeps the changes of books."""

    def put(self, depth: Sequence[DepthRows]) -> None:
        """Takes changes and pictures in the order in which they were applied."""
        ...

    def close(self) -> None:
        """Keeps what is still waiting."""
        ...


class NoBooks:
    """Changes of books are followed and forgotten."""

    def put(self, depth: Sequence[DepthRows]) -> None:
        """Forgets them."""

    def close(self) -> None:
        """Nothing waits."""


class Watch(Protocol):
    """Who is told now and then how a feed is."""

    def look(self, now_ns: int, counts: FeedCounts, skew_ns: int | None, waiting: int) -> None:
        """Takes the counts so far, our clock less the venue's if it is known, and the rows that wait."""
        ...


class Unwatched:
    """Nobody is told."""

    def look(self, now_ns: int, counts: FeedCounts, skew_ns: int | None, waiting: int) -> None:
        """Forgets it."""


class Line(NamedTuple):
    """What a connection and its source share."""

    queue: FeedQueue
    clock: VenueClock
    counts: FeedCounts
    say: Callable[[str], None]
    books: Books = NoBooks()
    watch: Watch = Unwatched()


class FeedSource:
    """Gives what has come, in order of the venue's time, as late as the lateness bound asks.

    A row that came after its time was promised goes with the next cut: the checks behind every feed refuse it
    as too late and set it aside.
    """

    def __init__(
        self,
        instruments: Instruments,
        connection: Connection,
        line: Line,
        pacing: FeedPacing,
        partitions: int,
    ) -> None:
        self.instruments = instruments
        self.notes: tuple[str, ...] = ()
        self._connection, self._line, self._pacing, self._partitions = connection, line, pacing, partitions
        self._lookup = PartitionTable(np.array([row.instrument for row in instruments]), partitions)
        self._waiting: list[Received] = []
        self._late: list[Received] = []
        self._promised = 0
        self._last_cut_ns = 0
        self._told_ns = 0
        self._told = ""

    def next(self, now_ns: int) -> list[Block] | None:
        """The rows whose lateness bound has passed; without any, time at every heartbeat."""
        self._connection.check()
        self._gather()
        self._tell(now_ns)
        clock, waiting = self._line.clock, len(self._waiting) + len(self._late) + len(self._line.queue)
        self._line.watch.look(now_ns, self._line.counts, clock.skew_ns if clock.is_set else None, waiting)
        until = self._until(now_ns)
        quiet_ns = now_ns - self._last_cut_ns
        ready = bool(self._waiting) and self._waiting[0].time_ns <= until
        if until <= self._promised or quiet_ns < (
            self._pacing.linger_ns if ready else self._pacing.heartbeat_ns
        ):
            return None
        self._last_cut_ns = now_ns
        return self._cut(until)

    def due_ns(self, now_ns: int) -> int | None:
        """After the wait for more rows."""
        return max(now_ns, self._last_cut_ns) + self._pacing.linger_ns

    def resume(self, cuts: int, watermark_ns: int) -> None:
        """Goes on behind the last cut; what the venue did meanwhile is fetched."""
        self._promised = watermark_ns if cuts else 0
        self._connection.start(self._promised)

    def close(self) -> None:
        """Lets the venue go."""
        self._connection.stop()
        self._line.books.close()

    def _gather(self) -> None:
        """New rows join the waiting ones; a row behind the promise cannot, and is counted."""
        fresh = self._line.queue.drain()
        if not fresh:
            return
        late = [row for row in fresh if row.time_ns <= self._promised]
        if late:
            self._line.counts.late += len(late)
            self._late += late
            fresh = [row for row in fresh if row.time_ns > self._promised]
        self._waiting += fresh
        self._waiting.sort(key=_time)

    def _until(self, now_ns: int) -> int:
        """The venue's time less the lateness bound, and never past what is still being fetched."""
        if not self._line.clock.is_set:
            return self._promised
        until = self._line.clock.venue_ns(now_ns) - self._pacing.lateness_ns
        held = self._line.queue.held_ns(now_ns)
        return until if held is None else min(until, held)

    def _cut(self, until: int) -> list[Block]:
        rows, most = self._waiting, self._pacing.rows_per_cut
        promise = until
        if len(rows) > most and rows[most].time_ns <= until:
            promise = max(self._promised, min(rows[most - 1].time_ns, rows[most].time_ns - 1))
            count = most
        else:
            count = sum(1 for row in rows if row.time_ns <= until)
        given, self._waiting = rows[:count], rows[count:]
        if self._late:
            given, self._late = [*self._late[:WIRE_ROWS], *given], self._late[WIRE_ROWS:]
        self._promised = promise
        if not given:
            return empty_cut(self._partitions, promise)
        return one_cut(ticks_block(given).sorted(), self._lookup, promise)

    def _tell(self, now_ns: int) -> None:
        """Once a minute what has happened, if anything has."""
        if now_ns - self._told_ns < TELL_EVERY_NS:
            return
        counts = {name: count for name, count in vars(self._line.counts).items() if count}
        said = ", ".join(f"{name} {count}" for name, count in counts.items())
        skew = f"our clock {self._line.clock.skew_ns / 1e6:+.1f} ms off the venue's"
        if said and said != self._told:
            self._line.say(f"{said}; {skew}")
        self._told_ns, self._told = now_ns, said


def _time(row: Received) -> int:
    return row.time_ns
