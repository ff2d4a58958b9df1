"""The one socket loop of all feeds: connect, subscribe, hand on, fetch what is missing, come back."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Event as Signal
from threading import Thread
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from services.ingest.feeds.backoff import Backoff
from services.ingest.feeds.dialect import Dialect
from services.ingest.feeds.events import Complaint, Event, Subscribed
from services.ingest.feeds.extras import wanted
from services.ingest.feeds.source_feed import Line
from services.ingest.feeds.tracker import FeedTracker, MissedTrades, Taken, Want, WantedBook
from shared.failures import BadInput, Refused, Unavailable
from shared.time import SECOND_NS

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

W = TypeVar("W")
T = TypeVar("T")

MOST_BYTES: Final = 1 << 24
"""A frame that is longer ends the connection."""
STEADY_S: Final = 60.0
"""A connection that lived this long was a good one: the next failure is the first again."""
FULL_S: Final = 0.02
STOP_S: Final = 10.0


class Patience(NamedTuple):
    """How long the loop waits for what, in seconds."""

    silence_s: float = 30.0
    ack_s: float = 10.0
    age_s: float = 23.5 * 3600
    hold_s: float = 10.0
    ping_s: float = 20.0
    again_s: float = 1.0
    nonsense: int = 100
    """Frames in a row that say nothing, after which the connection is given up."""
    backoff: Backoff = Backoff()


USUAL: Final = Patience()


class SocketConnection:
    """A thread with a loop of its own that talks to one venue."""

    def __init__(
        self,
        dialect: Dialect,
        tracker: FeedTracker,
        line: Line,
        patience: Patience = USUAL,
        seed: int = 0,
    ) -> None:
        self._dialect, self._tracker, self._line, self._patience = dialect, tracker, line, patience
        self._counts, self._say = line.counts, line.say
        self._draw: Callable[[], float] = random.Random(seed).random
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._thread: Thread | None = None
        self._client = wanted("websockets.asyncio.client", dialect.name)
        self._closed: type[Exception] = wanted("websockets.exceptions", dialect.name).WebSocketException
        self._heard_ns = 0
        self._running = Signal()
        self._fetching: set[Want] = set()
        self._unconfirmed: set[str] = set()
        self._said_s: dict[str, float] = {}

    def start(self, from_ns: int) -> None:
        """Connects in a thread of its own, which dies with the process."""
        self._thread = Thread(target=self._run, args=(from_ns,), name=self._dialect.name, daemon=True)
        self._thread.start()
        self._running.wait(STOP_S)

    def stop(self) -> None:
        """Lets the venue go, and waits until the thread has ended."""
        loop, task, thread = self._loop, self._task, self._thread
        if loop is not None and task is not None and not loop.is_closed():
            loop.call_soon_threadsafe(task.cancel)
        if thread is not None:
            thread.join(STOP_S)

    def check(self) -> None:
        """Raises what ended the thread, if anything did."""
        if self._failure is not None:
            raise self._failure

    def _run(self, from_ns: int) -> None:
        try:
            asyncio.run(self._live(from_ns))
        except asyncio.CancelledError:
            return
        except BaseException as error:  # noqa: BLE001 - handed to the source's own thread, which raises it
            self._failure = error

    async def _live(self, from_ns: int) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._running.set()
        self._fetches = ThreadPoolExecutor(1, thread_name_prefix=f"{self._dialect.name}-fetch")
        try:
            async with asyncio.TaskGroup() as self._group:
                await self._look_back(from_ns)
                await self._again_and_again()
        finally:
            self._fetches.shutdown(wait=False, cancel_futures=True)

    async def _again_and_again(self) -> None:
        """One connection after another, without end."""
        loop, failures = asyncio.get_running_loop(), 0
        while True:
            began, is_new_start = loop.time(), False
            try:
                await self._connected()
            except (OSError, self._closed, TimeoutError, Unavailable) as error:
                failures = 1 if loop.time() - began > STEADY_S else failures + 1
                self._say(f"{self._dialect.name}: the connection ended: {type(error).__name__}: {error}")
            else:
                failures, is_new_start = 0, True
                self._say(f"{self._dialect.name}: a new connection, before the venue ends this one")
            self._counts.reconnections += 1
            self._hold("connection", self._heard_ns)
            self._tracker.disconnected()
            if not is_new_start:
                await asyncio.sleep(self._patience.backoff.wait_s(failures, self._draw))

    async def _connected(self) -> None:
        """One connection, until it is too old."""
        patience, loop = self._patience, asyncio.get_running_loop()
        ping_s = patience.ping_s
        async with self._client.connect(
            self._dialect.url,
            max_size=MOST_BYTES,
            ping_interval=ping_s,
            ping_timeout=ping_s,
            close_timeout=2.0,
        ) as socket:
            self._counts.connections += 1
            requests = self._dialect.requests()
            self._unconfirmed = {request.name for request in requests}
            for request in requests:
                await socket.send(request.frame)
            probe = self._group.create_task(self._probe())
            try:
                await self._read(socket, loop.time())
            finally:
                probe.cancel()

    async def _probe(self) -> None:
        """Asks for the last trade's number wherever an earlier one is known, so that a hole shows at once."""
        for instrument in self._tracker.numbered:
            pulse = await self._fetched(self._dialect.latest, instrument)
            if pulse is not None:
                await self._hand_on(self._tracker.take([pulse], time.time_ns()), None)
        self._line.queue.release("connection")

    async def _read(self, socket: ClientConnection, began: float) -> None:
        """Frame after frame, until the connection is old; silence and missing confirmations end it."""
        loop, patience, in_a_row = asyncio.get_running_loop(), self._patience, 0
        while loop.time() - began < patience.age_s:
            try:
                async with asyncio.timeout(patience.silence_s):
                    frame = await socket.recv()
            except TimeoutError as error:
                raise Unavailable(f"not a word for {patience.silence_s:g} s") from error
            received_ns = time.time_ns()
            self._counts.frames += 1
            events = self._events(frame)
            in_a_row = 0 if events is not None else in_a_row + 1
            if in_a_row >= patience.nonsense:
                raise Unavailable(f"{in_a_row} frames in a row that say nothing")
            taken = self._tracker.take(events or (), received_ns)
            self._heard_ns = self._tracker.clock.venue_ns(received_ns)
            await self._hand_on(taken, socket)
            if self._unconfirmed and loop.time() - began > patience.ack_s:
                raise Unavailable(f"{', '.join(sorted(self._unconfirmed))} was never confirmed")

    def _events(self, frame: str | bytes) -> list[Event] | None:
        """What a frame says; None if it says nothing, which is told and counted."""
        try:
            events = self._dialect.events(frame)
        except BadInput as error:
            self._counts.nonsense += 1
            self._say_seldom("nonsense", f"{self._dialect.name}: {error}")
            return None
        for event in events:
            if isinstance(event, Subscribed):
                self._unconfirmed.discard(event.request)
            elif isinstance(event, Complaint):
                self._counts.complaints += 1
                self._say_seldom("complaint", f"{self._dialect.name}: {event.text}")
        return events

    async def _hand_on(self, taken: Taken, socket: ClientConnection | None) -> None:
        if taken.ticks:
            self._counts.quotes_conflated += self._line.queue.put(taken.ticks)
        if taken.depth:
            self._line.books.put(taken.depth)
        for want in taken.wants:
            if want not in self._fetching:
                self._fetching.add(want)
                if isinstance(want, MissedTrades):
                    self._hold(want, want.since_ns - 1)
                    self._group.create_task(self._fill(want))
                else:
                    self._group.create_task(self._picture(want, socket))
        while self._line.queue.is_full:
            self._counts.waits += 1
            await asyncio.sleep(FULL_S)

    async def _fill(self, want: MissedTrades) -> None:
        """Fetches the trades of a hole; those that nobody can tell are said and counted as lost."""
        try:
            trades = await self._fetched(self._dialect.trades, want)
            if trades is not None:
                self._line.queue.put(self._tracker.fill(trades, time.time_ns()))
            lost = self._tracker.give_up(want)
            if lost:
                self._say(f"{self._dialect.name}: {lost} trades of a hole from {want.first} on are lost")
        finally:
            self._line.queue.release(want)
            self._fetching.discard(want)

    async def _picture(self, want: WantedBook, socket: ClientConnection | None) -> None:
        """Asks for a whole book, over the socket or beside it; one that is too old is asked for again."""
        frames = self._dialect.pictures_by_frame(want)
        try:
            if frames:
                await self._send(frames, socket)
                return
            picture = await self._fetched(self._dialect.picture, want)
            if picture is None:
                await asyncio.sleep(self._patience.again_s)
        finally:
            self._fetching.discard(want)
        taken = Taken(wants=[want]) if picture is None else self._tracker.take([picture], time.time_ns())
        await self._hand_on(taken, socket)

    async def _send(self, frames: Sequence[str], socket: ClientConnection | None) -> None:
        """Over this connection or not at all: the next one begins with a picture anyway."""
        if socket is None:
            return
        with suppress(self._closed):
            for frame in frames:
                await socket.send(frame)

    async def _look_back(self, from_ns: int) -> None:
        """What the venue did since an earlier process stopped shows as a hole before the first trade."""
        if not from_ns:
            return
        self._hold("connection", from_ns)
        for instrument in self._dialect.instruments:
            last = await self._fetched(partial(self._dialect.last_before, time_ns=from_ns), instrument)
            if last is not None:
                self._tracker.starts_after(instrument, last.number, last.time_ns)

    async def _fetched(self, fetch: Callable[[W], T], want: W) -> T | None:
        """What a blocking fetch gives; None if the venue cannot be asked, which is told."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._fetches, fetch, want)
        except (Unavailable, BadInput, Refused) as error:
            self._say(f"{self._dialect.name}: {error}")
            return None

    def _hold(self, key: str | Want, time_ns: int) -> None:
        self._line.queue.hold(key, time_ns, time.time_ns() + round(self._patience.hold_s * SECOND_NS))

    def _say_seldom(self, kind: str, line: str) -> None:
        """At most one line of a kind in ten seconds; all are counted."""
        now = time.monotonic()
        if now - self._said_s.get(kind, -10.0) >= 10.0:
            self._said_s[kind] = now
            self._say(line)
