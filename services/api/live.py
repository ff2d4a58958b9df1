"""Live streams: one reader for everybody, a bounded queue for each, and a way back after a break."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from shared.engine.bus import Key
from shared.failures import Unavailable

QUEUE: Final = 256
BACKLOG: Final = 1_000
WAIT_S: Final = 1.0
AWAY_S: Final = 1.0
NO_ROWS: Final = b'"rows":[]}'


class Event(NamedTuple):
    """A block with rows on a log, as JSON."""

    key: Key
    seq: int
    payload: bytes


class Feed(Protocol):
    """Where events come from."""

    async def last(self, key: Key) -> int:
        """The newest number of a log, 0 if it has none."""
        ...

    async def read(self, after: Mapping[Key, int], wait_s: float) -> Sequence[Event]:
        """Blocks above these numbers in order; waits a moment for the first one."""
        ...

    async def newest(self, key: Key, count: int) -> Sequence[Event]:
        """The last blocks of a log, newest first."""
        ...

    async def close(self) -> None:
        """Gives the connection back."""
        ...


class TooSlow(Exception):
    """A subscriber did not keep up; it comes back with the last id it has seen."""


class Subscriber:
    """One client's queue and the numbers it has seen."""

    def __init__(self, keys: Iterable[Key], seen: Mapping[Key, int]) -> None:
        self.seen = {key: seen.get(key, 0) for key in keys}
        self.queue: asyncio.Queue[Event] = asyncio.Queue(QUEUE)
        self.is_late = False

    @property
    def topics(self) -> set[str]:
        """What this client listens to."""
        return {key.stream for key in self.seen}

    def offer(self, event: Event) -> None:
        """Takes an event, or marks the client as too slow."""
        if event.key in self.seen:
            try:
                self.queue.put_nowait(event)
            except asyncio.QueueFull:
                self.is_late = True


class Live:
    """Reads every live log once and hands events round; if the bus is away it asks the record."""

    def __init__(self, feed: Feed, spare: Feed, keys: Sequence[Key]) -> None:
        self._feed, self._spare = feed, spare
        self._keys = tuple(keys)
        self._after: dict[Key, int] = {}
        self._subscribers: set[Subscriber] = set()

    @property
    def topics(self) -> dict[str, list[Key]]:
        """The logs of each topic."""
        return {name: [key for key in self._keys if key.stream == name] for name in sorted(self._names)}

    @property
    def _names(self) -> set[str]:
        return {key.stream for key in self._keys}

    def listeners(self) -> dict[str, int]:
        """How many clients listen to each topic now."""
        heard = Counter(name for subscriber in self._subscribers for name in subscriber.topics)
        return {name: heard[name] for name in sorted(self._names)}

    async def run(self) -> None:
        """The one reader; ends when it is cancelled between two reads."""
        while True:
            for event in await self._next():
                self._after[event.key] = max(event.seq, self._after.get(event.key, 0))
                if not event.payload.endswith(NO_ROWS):
                    for subscriber in self._subscribers:
                        subscriber.offer(event)

    async def subscribe(
        self, topics: Iterable[str], seen: Mapping[Key, int]
    ) -> AsyncGenerator[Event | None, None]:
        """Events in order, first those that were missed; None is a heartbeat."""
        keys = [key for topic in topics for key in self.topics[topic]]
        start = {key: seen[key] if key in seen else await self._newest(key) for key in keys}
        subscriber = Subscriber(keys, start)
        self._subscribers.add(subscriber)
        try:
            async for event in self._missed(subscriber, [key for key in keys if key in seen]):
                yield event
            while not subscriber.is_late:
                yield await self._pop(subscriber)
            raise TooSlow
        finally:
            self._subscribers.discard(subscriber)

    async def newest(self, key: Key, count: int) -> Sequence[Event]:
        """The last blocks of any log, newest first; nobody but the bus has those that are not recorded."""
        return await self._feed.newest(key, count)

    async def close(self) -> None:
        """Gives both feeds back."""
        await self._feed.close()
        await self._spare.close()

    async def _missed(self, subscriber: Subscriber, keys: Sequence[Key]) -> AsyncIterator[Event]:
        while keys:
            after = {key: subscriber.seen[key] for key in keys}
            found = await self._read(after, 0.0)
            if not found:
                return
            for event in found:
                subscriber.seen[event.key] = event.seq
                if not event.payload.endswith(NO_ROWS):
                    yield event

    async def _pop(self, subscriber: Subscriber) -> Event | None:
        try:
            async with asyncio.timeout(15.0):
                while True:
                    event = await subscriber.queue.get()
                    if event.seq > subscriber.seen[event.key]:
                        subscriber.seen[event.key] = event.seq
                        return event
        except TimeoutError:
            return None

    async def _next(self) -> Sequence[Event]:
        for key in self._keys:
            if key not in self._after:
                self._after[key] = await self._newest(key)
        return await self._read(self._after, WAIT_S)

    async def _newest(self, key: Key) -> int:
        try:
            return await self._feed.last(key)
        except Unavailable:
            return await self._spare_last(key)

    async def _spare_last(self, key: Key) -> int:
        try:
            return await self._spare.last(key)
        except Unavailable:
            return 0

    async def _read(self, after: Mapping[Key, int], wait_s: float) -> Sequence[Event]:
        try:
            return await self._feed.read(after, wait_s)
        except Unavailable:
            if wait_s:
                await asyncio.sleep(AWAY_S)
        try:
            return await self._spare.read(after, wait_s)
        except Unavailable:
            return ()
