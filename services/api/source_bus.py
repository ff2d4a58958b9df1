"""Live events off Redis Streams, and out of the outbox when Redis is away."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from services.api.live import BACKLOG, Event
from services.api.record import Record
from shared.engine.bus import Key
from shared.engine.redis_bus import entry_id, entry_seq
from shared.failures import Unavailable

SOCKET_S: Final = 10.0
FIELD: Final = b"b"


class RedisFeed:
    """A reader of its own connection; it follows the run to the bus's current epoch."""

    def __init__(self, url: str, run: str, record: Record) -> None:
        self._client = Redis.from_url(
            url, protocol=2, decode_responses=False, retry=Retry(NoBackoff(), 0),
            socket_timeout=SOCKET_S, socket_connect_timeout=SOCKET_S,
        )  # fmt: skip
        self._run, self._record = run, record
        self._epoch = 0

    async def last(self, key: Key) -> int:
        """The newest number of a log, 0 if it has none."""
        async with self._mapped():
            found: Any = await self._client.xrevrange(await self._name(key), count=1)
        return entry_seq(found[0][0]) if found else 0

    async def read(self, after: Mapping[Key, int], wait_s: float) -> Sequence[Event]:
        """Blocks above these numbers; waits a moment for the first one."""
        async with self._mapped():
            names = {(await self._name(key)): key for key in after}
            streams: dict[Any, Any] = {name: entry_id(after[key]) for name, key in names.items()}
            block = max(1, round(wait_s * 1_000))
            found: Any = await self._client.xread(streams, count=BACKLOG, block=block)
        if not found:
            self._epoch = 0
        return [
            Event(names[name.decode()], entry_seq(raw), fields[FIELD])
            for name, entries in found or ()
            for raw, fields in entries
            if FIELD in fields
        ]

    async def newest(self, key: Key, count: int) -> Sequence[Event]:
        """The last blocks of a log, newest first."""
        async with self._mapped():
            found: Any = await self._client.xrevrange(await self._name(key), count=count)
        return [Event(key, entry_seq(raw), fields[FIELD]) for raw, fields in found if FIELD in fields]

    async def close(self) -> None:
        """Gives the connection back."""
        await self._client.aclose()

    async def _name(self, key: Key) -> str:
        if not self._epoch:
            row = await self._record.ask(lambda store: store.run(self._run))
            if row is None:
                raise Unavailable(f"run {self._run} is not known yet")
            self._epoch = row.bus_epoch
        return f"tl:{self._run}:{self._epoch}:{key.stream}:{key.partition}"

    @asynccontextmanager
    async def _mapped(self) -> AsyncIterator[None]:
        try:
            yield
        except (RedisError, OSError) as error:
            self._epoch = 0
            raise Unavailable(f"the bus does not answer: {error}") from error


class OutboxFeed:
    """The same blocks under the same numbers, as their writers committed them."""

    def __init__(self, record: Record, run: str) -> None:
        self._record, self._run = record, run

    async def last(self, key: Key) -> int:
        """The newest number in the outbox, 0 if it is empty."""
        letters = await self._letters(key, 0)
        return letters[-1].seq if letters else 0

    async def read(self, after: Mapping[Key, int], wait_s: float) -> Sequence[Event]:
        """Letters above these numbers; an outbox has no doorbell, so nothing is waited for."""
        events: list[Event] = []
        for key, seq in after.items():
            events += await self._letters(key, seq)
        return events

    async def newest(self, key: Key, count: int) -> Sequence[Event]:
        """The last letters, newest first."""
        return (await self._letters(key, 0))[: -count - 1 : -1]

    async def close(self) -> None:
        """The store is not ours to close."""

    async def _letters(self, key: Key, above: int) -> list[Event]:
        letters = await self._record.ask(
            lambda store: list(store.outbox(self._run, key.stream, key.partition, above))
        )
        return [Event(key, letter.seq, letter.payload) for letter in letters]
