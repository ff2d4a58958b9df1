"""The live topic `explanations`: what the watch has kept, a block a close, under the time of the close.

The watch explains closes in their order, so that their times are numbers that only grow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Final

import msgspec

from services.api.explanations import because
from services.api.live import BACKLOG, Event, Feed
from services.api.record import Record
from shared.engine.bus import Key
from shared.market import Instrument
from shared.store.contract import ExplanationRow, Store
from shared.time import END_OF_TAPE

TOPIC: Final = Key("explanations", 0)
EVERY_S: Final = 1.0
"""Between two looks at the record, for everybody together."""


class ExplanationsFeed:
    """A feed with one topic more, whose blocks are rows of the record."""

    def __init__(self, feed: Feed, record: Record, run: str, clock: Callable[[], float]) -> None:
        self._feed, self._record, self._run, self._clock = feed, record, run, clock
        self._looked_s = -EVERY_S

    async def last(self, key: Key) -> int:
        """The newest number of a log, 0 if it has none."""
        if key != TOPIC:
            return await self._feed.last(key)
        rows = await self._record.ask(lambda store: store.explanations(self._run, 0, 1))
        return rows[0].event_time_ns if rows else 0

    async def read(self, after: Mapping[Key, int], wait_s: float) -> Sequence[Event]:
        """Blocks above these numbers; waits a moment for the first one of any other topic."""
        others = {key: seq for key, seq in after.items() if key != TOPIC}
        found = list(await self._feed.read(others, wait_s)) if others else []
        if TOPIC in after and (not wait_s or self._is_due()):
            found += await self._above(after[TOPIC])
        return found

    async def newest(self, key: Key, count: int) -> Sequence[Event]:
        """The last blocks of a log, newest first."""
        if key != TOPIC:
            return await self._feed.newest(key, count)
        rows = await self._record.ask(lambda store: store.explanations(self._run, 0, BACKLOG))
        return (await self._told(sorted(rows, key=_place)))[: -count - 1 : -1]

    async def close(self) -> None:
        """Gives the connection back."""
        await self._feed.close()

    def _is_due(self) -> bool:
        now_s = self._clock()
        due = now_s - self._looked_s >= EVERY_S
        self._looked_s = now_s if due else self._looked_s
        return due

    async def _above(self, seq: int) -> list[Event]:
        def asked(store: Store) -> list[ExplanationRow]:
            return store.explanations_between(self._run, 0, (seq + 1, END_OF_TAPE), BACKLOG)

        rows = await self._record.ask(asked)
        events = await self._told(rows)
        return events[:-1] if len(rows) == BACKLOG and len(events) > 1 else events

    async def _told(self, rows: Sequence[ExplanationRow]) -> list[Event]:
        if not rows:
            return []
        instruments = await self._record.ask(lambda store: store.instruments(self._run))
        known = {row.instrument: row for row in instruments}
        closes = groupby(rows, lambda row: row.event_time_ns)
        return [told(time_ns, list(each), known) for time_ns, each in closes]


def told(time_ns: int, rows: Sequence[ExplanationRow], known: Mapping[int, Instrument]) -> Event:
    """The explanations of a close as one block."""
    head = {"v": 1, "stream": TOPIC.stream, "partition": TOPIC.partition, "seq": time_ns}
    return Event(TOPIC, time_ns, msgspec.json.encode({**head, "rows": [because(row, known) for row in rows]}))


def _place(row: ExplanationRow) -> tuple[int, int, int, str]:
    return row.event_time_ns, row.instrument, row.model, row.of
