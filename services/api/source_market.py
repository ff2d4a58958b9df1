"""The live topic `market`: the conditions that come with each close, off the log of the vectors."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from services.api.live import Event, Feed
from services.api.market import conditions
from services.api.record import Record
from shared.codec import decode
from shared.engine.bus import Key
from shared.engine.plan import RunPlan
from shared.failures import Unavailable
from shared.ids import partition_of
from shared.streams import FEATURES

TOPIC: Final = Key("market", 0)


@dataclass(frozen=True)
class Source:
    """The vectors that tell of the market: what they hold, and the log of them that is read."""

    names: tuple[str, ...]
    log: Key


Ask = Callable[[], Coroutine[Any, Any, Source]]


def source_of(record: Record, run: str) -> Ask:
    """What a run's plan says; the vectors of any instrument tell the same, so its first one's will do."""

    async def found() -> Source:
        row = await record.ask(lambda store: store.run(run))
        instruments = await record.ask(lambda store: store.instruments(run))
        if row is None or not row.settings or not instruments:
            raise Unavailable(f"run {run} is not known yet")
        plan = RunPlan.read(row.settings)
        first = min(one.instrument for one in instruments)
        return Source(plan.features, Key(FEATURES.name, partition_of(first, plan.partitions)))

    return found


class MarketFeed:
    """A feed with one topic more, whose blocks are those of the vectors told as conditions."""

    def __init__(self, feed: Feed, source: Ask) -> None:
        self._feed, self._ask = feed, source
        self._source: Source | None = None

    async def last(self, key: Key) -> int:
        """The newest number of a log, 0 if it has none."""
        return await self._feed.last((await self._known()).log if key == TOPIC else key)

    async def read(self, after: Mapping[Key, int], wait_s: float) -> Sequence[Event]:
        """Blocks above these numbers; waits a moment for the first one."""
        if TOPIC not in after:
            return await self._feed.read(after, wait_s)
        source = await self._known()
        wanted = {source.log if key == TOPIC else key: seq for key, seq in after.items()}
        found = await self._feed.read(wanted, wait_s)
        return [told(event, source) if event.key == source.log else event for event in found]

    async def newest(self, key: Key, count: int) -> Sequence[Event]:
        """The last blocks of a log, newest first."""
        return await self._feed.newest(key, count)

    async def close(self) -> None:
        """Gives the connection back."""
        await self._feed.close()

    async def _known(self) -> Source:
        """A run's vector and partitions are what it began with."""
        if self._source is None:
            self._source = await self._ask()
        return self._source


def told(event: Event, source: Source) -> Event:
    """A block of vectors as the market's conditions at its last close; one without vectors as no row."""
    vectors = decode(event.payload)
    said = conditions(source.names, vectors) if len(vectors) else None
    head = {"v": 1, "stream": TOPIC.stream, "partition": TOPIC.partition, "seq": event.seq}
    body = msgspec.json.encode({**head, "rows": [] if said is None else [said]})
    return Event(TOPIC, event.seq, body)
