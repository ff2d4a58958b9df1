"""Feeds that speak through their vendor's library: a thread that hands on, fills holes, and comes back."""

from __future__ import annotations

import logging
import random
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from threading import Event, Lock, Thread
from typing import Final, NamedTuple, Protocol

from services.ingest.feeds.backoff import Backoff
from services.ingest.feeds.events import Complaint, Subscribed, Tick
from services.ingest.feeds.rows import Received
from services.ingest.feeds.source_feed import Line
from services.ingest.feeds.tracker import FeedTracker
from shared.failures import BadInput, Refused, Unavailable
from shared.time import SECOND_NS

REMEMBERED: Final = 100_000
"""Trades whose keys are remembered, so that none comes twice."""
FULL_S: Final = 0.02
STEADY_S: Final = 60.0
STOP_S: Final = 10.0
HOLD_S: Final = 10.0


class Known(NamedTuple):
    """A tick and what makes it itself; without a key it is never taken for another."""

    tick: Tick
    key: Hashable = None


class Lost(NamedTuple):
    """A library that comes back by itself has lost its connection."""


class Anew(NamedTuple):
    """It has come back: what happened in between may be fetched."""


Said = Known | Subscribed | Complaint | Lost | Anew


class StreamClient(Protocol):
    """A vendor's library behind one face; run blocks until the connection is over or stop is called."""

    name: str

    def run(self, heard: Callable[[object], None]) -> None:
        """Connects, subscribes, and gives every message; Unavailable when the connection ends."""
        ...

    def stop(self) -> None:
        """Makes run return; any thread may ask."""
        ...

    def said(self, message: object) -> Sequence[Said]:
        """What a message says; BadInput if it says nothing."""
        ...

    def past(self, since_ns: int) -> Sequence[Known]:
        """Fetches the trades since this time; blocks."""
        ...


class ClientConnection:
    """Runs a vendor's library again and again, and fetches what happened in between."""

    def __init__(
        self, client: StreamClient, tracker: FeedTracker, line: Line, backoff: Backoff, seed: int
    ) -> None:
        self._client, self._tracker, self._line, self._backoff = client, tracker, line, backoff
        self._counts, self._say = line.counts, line.say
        self._draw: Callable[[], float] = random.Random(seed).random
        self._over = Event()
        self._lock = Lock()
        self._seen: OrderedDict[Hashable, None] = OrderedDict()
        self._heard_ns = 0
        self._is_confirmed = False
        self._failure: BaseException | None = None
        self._threads: list[Thread] = []
        self._said_s = -10.0

    def start(self, from_ns: int) -> None:
        """Connects in a thread of its own, which dies with the process."""
        self._heard_ns = from_ns
        if from_ns:
            self._hold()
        self._spawn(self._live)

    def check(self) -> None:
        """Raises what ended a thread, if anything did."""
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Lets the vendor go, and waits until its threads have ended."""
        self._over.set()
        self._client.stop()
        for thread in self._threads:
            thread.join(STOP_S)

    def _spawn(self, target: Callable[[], None]) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = Thread(target=self._guarded, args=(target,), name=self._client.name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _guarded(self, target: Callable[[], None]) -> None:
        try:
            target()
        except BaseException as error:  # noqa: BLE001 - handed to the source's own thread, which raises it
            self._failure = error

    def _live(self) -> None:
        failures = 0
        while not self._over.is_set():
            began, self._is_confirmed = time.monotonic(), False
            try:
                self._client.run(self._hear)
            except Unavailable as error:
                self._say(f"{self._client.name}: the connection ended: {error}")
            if self._over.is_set():
                return
            failures = 1 if time.monotonic() - began > STEADY_S else failures + 1
            self._lost()
            self._over.wait(self._backoff.wait_s(failures, self._draw))

    def _hear(self, message: object) -> None:
        """One message of the library, in the library's own thread."""
        received_ns = time.time_ns()
        self._counts.frames += 1
        try:
            said = self._client.said(message)
        except BadInput as error:
            self._counts.nonsense += 1
            self._say_seldom(f"{self._client.name}: {error}")
            return
        self._take([each for each in said if isinstance(each, Known)], received_ns)
        for each in said:
            if isinstance(each, Complaint):
                self._counts.complaints += 1
                self._say_seldom(f"{self._client.name}: {each.text}")
            elif isinstance(each, Lost):
                self._lost()
            elif isinstance(each, Subscribed | Anew):
                self._is_confirmed &= not isinstance(each, Anew)
                self._confirmed()
        while self._line.queue.is_full and not self._over.is_set():
            self._counts.waits += 1
            self._over.wait(FULL_S)

    def _lost(self) -> None:
        """Promises wait at the last tick until what follows it has been fetched."""
        self._counts.reconnections += 1
        if self._heard_ns:
            self._hold()

    def _confirmed(self) -> None:
        """The first confirmation of a connection: what happened before it is fetched."""
        if self._is_confirmed:
            return
        self._is_confirmed = True
        self._counts.connections += 1
        if self._heard_ns:
            self._spawn(self._fill)

    def _fill(self) -> None:
        since_ns = self._heard_ns
        try:
            known = self._client.past(since_ns)
        except (Unavailable, BadInput, Refused) as error:
            self._say(
                f"{self._client.name}: what happened since the last connection cannot be fetched: {error}"
            )
        else:
            self._counts.trades_filled += self._take(known, time.time_ns(), live=False)
        finally:
            self._line.queue.release("connection")

    def _take(self, known: Sequence[Known], received_ns: int, *, live: bool = True) -> int:
        """Hands on what has not come before; how many that was."""
        with self._lock:
            fresh = [each.tick for each in known if self._is_new(each.key)]
            if live:
                rows = self._tracker.take(fresh, received_ns).ticks
                self._heard_ns = max([self._heard_ns, *(row.time_ns for row in rows)])
            else:
                rows = [Received(tick.time_ns, received_ns, tick) for tick in fresh]
                self._counts.ticks += len(rows)
        if rows:
            self._counts.quotes_conflated += self._line.queue.put(rows)
        return len(rows)

    def _is_new(self, key: Hashable) -> bool:
        if key is None:
            return True
        if key in self._seen:
            self._counts.duplicates += 1
            return False
        self._seen[key] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return True

    def _hold(self) -> None:
        until_ns = time.time_ns() + round(HOLD_S * SECOND_NS)
        self._line.queue.hold("connection", self._heard_ns - 1, until_ns)

    def _say_seldom(self, line: str) -> None:
        """At most one line in ten seconds; all are counted."""
        now = time.monotonic()
        if now - self._said_s >= 10.0:
            self._said_s = now
            self._say(line)


class Overheard(logging.Handler):
    """What a vendor's library logs as trouble, said and counted as a complaint."""

    def __init__(self, name: str, line: Line) -> None:
        super().__init__(logging.WARNING)
        self._name_said, self._line = name, line

    def emit(self, record: logging.LogRecord) -> None:
        """One line, without the traceback."""
        self._line.counts.complaints += 1
        self._line.say(f"{self._name_said}: {record.getMessage().splitlines()[0][:300]}")
