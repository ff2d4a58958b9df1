"""An order book rebuilt from a picture and the changes after it, number by number."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from heapq import heapify, heappop, heappush
from typing import Final, NamedTuple

from services.ingest.feeds.events import DepthChange, DepthPicture, Level

MOST_WAITING: Final = 10_000
"""Changes kept while a picture is on its way; of more, the oldest go and the next picture must be newer."""


class Top(NamedTuple):
    """The best of both sides; 0 where a side is empty."""

    bid: int
    bid_size: int
    ask: int
    ask_size: int

    @property
    def is_crossed(self) -> bool:
        """A bid at or above the ask: something was lost."""
        return bool(self.bid and self.ask and self.bid >= self.ask)


class Side:
    """One side's levels; the best is found through a heap that forgets late."""

    def __init__(self, sign: int) -> None:
        self.levels: dict[int, int] = {}
        self._sign = sign
        self._heap: list[int] = []

    def clear(self) -> None:
        """Nothing rests here any more."""
        self.levels.clear()
        self._heap.clear()

    def change(self, levels: Iterable[Level]) -> None:
        """What rests at these prices now; a price that was empty already may be emptied again."""
        for price, size in levels:
            if not size:
                self.levels.pop(price, None)
                continue
            if price not in self.levels:
                heappush(self._heap, self._sign * price)
            self.levels[price] = size
        if len(self._heap) > 64 + 4 * len(self.levels):
            self._heap = [self._sign * price for price in self.levels]
            heapify(self._heap)

    def best(self) -> Level:
        """Price and lots of the best level."""
        while self._heap and self._sign * self._heap[0] not in self.levels:
            heappop(self._heap)
        price = self._sign * self._heap[0] if self._heap else 0
        return price, self.levels.get(price, 0)


class BookFollower:
    """One instrument's book: it waits for a picture, follows every change, and notices a gap."""

    def __init__(self) -> None:
        self.bids, self.asks = Side(-1), Side(1)
        self.number = 0
        self.following = False
        self.gaps = 0
        self._has_joined = False
        self._waiting: deque[DepthChange] = deque(maxlen=MOST_WAITING)

    def top(self) -> Top:
        """The best of both sides."""
        return Top(*self.bids.best(), *self.asks.best())

    def change(self, change: DepthChange) -> list[DepthChange]:
        """The changes that this one made part of the book: itself, or none."""
        if not self.following:
            self._waiting.append(change)
            return []
        if change.last and change.last <= self.number:
            return []
        if self._has_gap(change):
            self.lose()
            self._waiting.append(change)
            return []
        self.bids.change(change.bids)
        self.asks.change(change.asks)
        self.number, self._has_joined = change.last, True
        return [change]

    def picture(self, picture: DepthPicture) -> list[DepthChange] | None:
        """The waiting changes that go on from this picture; None if it is older than all that waits."""
        if self.following and picture.last and picture.last < self.number:
            return []
        waiting = [change for change in self._waiting if not change.last or change.last > picture.last]
        if waiting and waiting[0].first > picture.last + 1:
            return None
        self._waiting.clear()
        self.bids.clear()
        self.asks.clear()
        self.bids.change(picture.bids)
        self.asks.change(picture.asks)
        self.number, self.following, self._has_joined = picture.last, True, False
        return [applied for change in waiting for applied in self.change(change)]

    def lose(self) -> None:
        """The book is not to be trusted until the next picture."""
        self.gaps += self.following
        self.following = False
        self._waiting.clear()

    def _has_gap(self, change: DepthChange) -> bool:
        """A change that names its predecessor follows only that one, except for the first after a picture."""
        if not change.last:
            return False
        if change.previous and self._has_joined:
            return change.previous != self.number
        return change.first > self.number + 1
