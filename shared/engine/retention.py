"""Letting go of the oldest rows: a few at a time, by the market's own clock, and never of money."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Final, Protocol

import msgspec

from shared.engine.live_closes import read_heads
from shared.engine.plan import Retention
from shared.store.contract import JournalStore, Store
from shared.time import DAY_NS, SECOND_NS

LOOK_EVERY_NS: Final = 60 * SECOND_NS
AGAIN_NS: Final = SECOND_NS // 2
"""While there is more to delete: soon, but not so soon that nothing else is done."""
ROWS_AT_ONCE: Final = 5_000
ENTRIES_AT_ONCE: Final = 500

Journal = tuple[str, int]
"""A stage and its partition."""


class Forgetting(Protocol):
    """What may be called now and then to make room."""

    def turn(self, run: str, market_ns: int, now_ns: int) -> None:
        """Deletes a little of what is too old at this market time."""
        ...


class RowsForgotten:
    """Rows of busy streams in Postgres."""

    def __init__(self, store: Store, retention: Retention) -> None:
        self._store = store
        self._kept = {stream: days for stream, days in retention.streams().items() if days > 0}
        self._next_ns = 0

    def turn(self, run: str, market_ns: int, now_ns: int) -> None:
        """One batch a stream; the next look is soon if a batch was full."""
        if now_ns < self._next_ns:
            return
        counts = [
            self._store.forget_rows(run, stream, moment(market_ns, days), ROWS_AT_ONCE)
            for stream, days in self._kept.items()
        ]
        full = any(count == ROWS_AT_ONCE for count in counts)
        self._next_ns = now_ns + (AGAIN_NS if full else LOOK_EVERY_NS)


class JournalForgotten:
    """Entries of journals: a live day that is older cannot be repeated any more, a restart needs none."""

    def __init__(self, store: JournalStore, days: float, journals: Sequence[Journal]) -> None:
        self._store, self._days = store, days
        self._journals = tuple(journals) if days > 0 else ()
        self._next_ns = 0

    def turn(self, run: str, market_ns: int, now_ns: int) -> None:
        """One batch a journal; the next look is soon if a batch was full."""
        if now_ns < self._next_ns:
            return
        before_ns = moment(market_ns, self._days)
        counts = [self._trim(run, stage, partition, before_ns) for stage, partition in self._journals]
        full = any(count == ENTRIES_AT_ONCE for count in counts)
        self._next_ns = now_ns + (AGAIN_NS if full else LOOK_EVERY_NS)

    def _trim(self, run: str, stage: str, partition: int, before_ns: int) -> int:
        below, count = 0, 0
        for seq, payload in islice(self._store.journal(run, stage, partition, 0), ENTRIES_AT_ONCE):
            if closed_ns(payload) >= before_ns:
                break
            below, count = seq + 1, count + 1
        if count:
            self._store.trim_journal(run, stage, partition, below)
        return count


def moment(market_ns: int, days: float) -> int:
    """So many days before a market time."""
    return market_ns - round(days * DAY_NS)


def closed_ns(payload: bytes) -> int:
    """The last close that the entries of one commit decided."""
    entries: list[bytes] = msgspec.msgpack.decode(payload, type=list[bytes])
    return max(read_heads(raw).close_ns for raw in entries)
