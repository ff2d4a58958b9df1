"""From what a venue says to rows: duplicates go, holes are noticed, books are followed; no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from services.ingest.feeds.book import BookFollower
from services.ingest.feeds.events import (
    DepthChange,
    DepthPicture,
    Event,
    Pulse,
    Quote,
    Tick,
    Trade,
)
from services.ingest.feeds.rows import DepthRows, Received
from services.ingest.feeds.venue_clock import VenueClock

MOST_MISSING: Final = 10_000
"""Trades that are asked for again after a hole; of a longer one the newest."""


MOST_EARLY: Final = 1_000
"""Quotes without a time of their own that wait for the first message that has one."""


class MissedTrades(NamedTuple):
    """Trades that the venue made and we did not hear of, first and last included."""

    instrument: int
    first: int
    last: int
    since_ns: int


class WantedBook(NamedTuple):
    """A book that cannot be followed without a new picture."""

    instrument: int


Want = MissedTrades | WantedBook


@dataclass
class FeedCounts:
    """What happened on a feed since its start; nothing happens without being counted here."""

    frames: int = 0
    ticks: int = 0
    duplicates: int = 0
    nonsense: int = 0
    trade_gaps: int = 0
    trades_missed: int = 0
    trades_filled: int = 0
    trades_lost: int = 0
    book_gaps: int = 0
    pictures: int = 0
    connections: int = 0
    reconnections: int = 0
    complaints: int = 0
    late: int = 0
    quotes_conflated: int = 0
    waits: int = 0


@dataclass
class Taken:
    """What one frame gave: rows, rows that came before, changes of books, and what must be fetched now."""

    ticks: list[Received] = field(default_factory=list)
    doubled: list[Received] = field(default_factory=list)
    depth: list[DepthRows] = field(default_factory=list)
    wants: list[Want] = field(default_factory=list)


class FeedTracker:
    """Follows one venue's instruments; what it gives depends on the events and their times alone."""

    def __init__(self, counts: FeedCounts | None = None) -> None:
        self.clock = VenueClock()
        self.counts = counts or FeedCounts()
        self.books: dict[int, BookFollower] = {}
        self._last_trade: dict[int, Trade] = {}
        self._missing: dict[int, set[int]] = {}
        self._last_quote: dict[int, int] = {}
        self._asked: set[int] = set()
        self._early: list[tuple[int, Quote]] = []
        self._told_ns: dict[int, int] = {}

    def take(self, events: Iterable[Event], received_ns: int) -> Taken:
        """Everything that follows from these events, which came at this time of our clock."""
        taken = Taken()
        for event in events:
            if isinstance(event, DepthChange):
                self._change(event, received_ns, taken)
            elif isinstance(event, DepthPicture):
                self._picture(event, received_ns, taken)
            elif isinstance(event, Pulse):
                if event.time_ns:
                    self.clock.seen(event.time_ns, received_ns)
                self._look_back(event.instrument, event.last_trade + 1, event.time_ns, taken)
            elif isinstance(event, Tick):
                self._tick(event, received_ns, taken)
        if self._early and (self.clock.is_set or len(self._early) >= MOST_EARLY):
            taken.ticks[:0] = self.rest()
        return taken

    def rest(self) -> list[Received]:
        """Quotes that still wait for the venue's time: nobody has told it, or has only now."""
        early, self._early = self._early, []
        self.counts.ticks += len(early)
        return [
            Received(self.clock.venue_ns(received_ns), received_ns, quote) for received_ns, quote in early
        ]

    def fill(self, trades: Iterable[Trade], received_ns: int) -> list[Received]:
        """Trades that were fetched again: those that were missing; the others are known."""
        found = []
        for trade in trades:
            missing = self._missing.get(trade.instrument, set())
            if trade.number in missing:
                missing.discard(trade.number)
                found.append(Received(trade.time_ns, received_ns, trade))
        self.counts.trades_filled += len(found)
        self.counts.ticks += len(found)
        return found

    def give_up(self, want: MissedTrades) -> int:
        """The trades of a hole that nobody can tell us any more."""
        missing = self._missing.get(want.instrument, set())
        lost = {number for number in missing if want.first <= number <= want.last}
        missing -= lost
        self.counts.trades_lost += len(lost)
        return len(lost)

    def starts_after(self, instrument: int, number: int, time_ns: int) -> None:
        """The last trade that an earlier process is known to have had."""
        self._last_trade.setdefault(instrument, Trade(instrument, time_ns, 0, 0, 0, number))

    def disconnected(self) -> None:
        """What came over the old connection is known; books must be pictured again."""
        for book in self.books.values():
            book.lose()
        self._asked.clear()

    @property
    def numbered(self) -> list[int]:
        """The instruments whose trades carry numbers, as far as any has come."""
        return list(self._last_trade)

    @property
    def missing(self) -> Mapping[int, int]:
        """How many trades of each instrument are still being fetched."""
        return {instrument: len(numbers) for instrument, numbers in self._missing.items() if numbers}

    def _tick(self, tick: Tick, received_ns: int, taken: Taken) -> None:
        is_new = self._is_new(tick, received_ns, taken)
        if is_new and isinstance(tick, Quote) and not tick.time_ns and not self.clock.is_set:
            self._early.append((received_ns, tick))
            return
        row = Received(tick.time_ns or self.clock.venue_ns(received_ns), received_ns, tick)
        (taken.ticks if is_new else taken.doubled).append(row)
        self.counts.ticks += is_new

    def _is_new(self, tick: Tick, received_ns: int, taken: Taken) -> bool:
        if tick.time_ns:
            self.clock.seen(tick.time_ns, received_ns)
        if isinstance(tick, Trade) and tick.number:
            return self._is_new_trade(tick, taken)
        if isinstance(tick, Quote) and tick.number:
            is_new = tick.number > self._last_quote.get(tick.instrument, 0)
            self._last_quote[tick.instrument] = max(tick.number, self._last_quote.get(tick.instrument, 0))
            self.counts.duplicates += not is_new
            return is_new
        return True

    def _is_new_trade(self, trade: Trade, taken: Taken) -> bool:
        last = self._last_trade.get(trade.instrument)
        if last is not None and trade.number <= last.number:
            missing = self._missing.get(trade.instrument, set())
            if trade.number in missing:
                missing.discard(trade.number)
                self.counts.trades_filled += 1
                return True
            self.counts.duplicates += 1
            return False
        self._look_back(trade.instrument, trade.number, trade.time_ns, taken)
        self._last_trade[trade.instrument] = trade
        return True

    def _look_back(self, instrument: int, number: int, time_ns: int, taken: Taken) -> None:
        """Whether trades are missing between the last one and this number, exclusive."""
        last = self._last_trade.get(instrument)
        if last is None or number <= last.number + 1:
            return
        first = max(last.number + 1, number - MOST_MISSING)
        self.counts.trade_gaps += 1
        self.counts.trades_missed += number - last.number - 1
        self.counts.trades_lost += first - last.number - 1
        self._missing.setdefault(instrument, set()).update(range(first, number))
        self._last_trade[instrument] = last._replace(number=number - 1, time_ns=max(last.time_ns, time_ns))
        taken.wants.append(MissedTrades(instrument, first, number - 1, last.time_ns))

    def _change(self, change: DepthChange, received_ns: int, taken: Taken) -> None:
        if change.time_ns:
            self.clock.seen(change.time_ns, received_ns)
        book = self.books.setdefault(change.instrument, BookFollower())
        gaps = book.gaps
        for applied in book.change(change):
            taken.depth.append(self._depth_rows(self._time(applied, received_ns), applied))
        if book.following and not change.last and book.top().is_crossed:
            book.lose()
        self.counts.book_gaps += book.gaps - gaps
        if not book.following and change.instrument not in self._asked:
            self._asked.add(change.instrument)
            taken.wants.append(WantedBook(change.instrument))

    def _picture(self, picture: DepthPicture, received_ns: int, taken: Taken) -> None:
        book = self.books.setdefault(picture.instrument, BookFollower())
        applied = book.picture(picture)
        if applied is None:
            taken.wants.append(WantedBook(picture.instrument))
            return
        self._asked.discard(picture.instrument)
        self.counts.pictures += 1
        times = [self._time(change, received_ns) for change in applied]
        taken.depth.append(self._depth_rows(min([self._time(picture, received_ns), *times]), picture))
        taken.depth += [self._depth_rows(*pair) for pair in zip(times, applied, strict=True)]

    def _depth_rows(self, time_ns: int, said: DepthChange | DepthPicture) -> DepthRows:
        """With a time at which the order of application is kept, even if the venue's times go back."""
        when = self._told_ns[said.instrument] = max(time_ns, self._told_ns.get(said.instrument, 0))
        return DepthRows(when, said)

    def _time(self, said: DepthChange | DepthPicture, received_ns: int) -> int:
        return said.time_ns or self.clock.venue_ns(received_ns)
