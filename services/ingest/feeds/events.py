"""What venues say, in one vocabulary: every feed's parser speaks it, everything behind knows nothing else."""

from __future__ import annotations

from typing import NamedTuple

Level = tuple[int, int]
"""A price in price ticks and the lots that rest there; no lots remove the level."""


class Trade(NamedTuple):
    """Something changed hands; the number is the venue's, 0 if it has none."""

    instrument: int
    time_ns: int
    price: int
    size: int
    side: int
    number: int
    conditions: int = 0


class Quote(NamedTuple):
    """Best bid and ask; a time of 0 means that the venue does not say when."""

    instrument: int
    time_ns: int
    bid: int
    ask: int
    bid_size: int
    ask_size: int
    number: int


class Candle(NamedTuple):
    """A finished bar of the venue's own, at its close."""

    instrument: int
    time_ns: int
    open: int
    high: int
    low: int
    close: int
    volume: int


class DepthChange(NamedTuple):
    """Levels that changed between two of the venue's numbers; 0 where it numbers nothing."""

    instrument: int
    time_ns: int
    first: int
    last: int
    previous: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class DepthPicture(NamedTuple):
    """A whole book as of one of the venue's numbers; a time of 0 means that it does not say when."""

    instrument: int
    time_ns: int
    last: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class Pulse(NamedTuple):
    """The venue lives, and says which trade was its last."""

    instrument: int
    time_ns: int
    last_trade: int


class Subscribed(NamedTuple):
    """The venue has taken a request."""

    request: str


class Complaint(NamedTuple):
    """The venue has turned a request down, and says why."""

    text: str


Tick = Trade | Quote | Candle
Event = Tick | DepthChange | DepthPicture | Pulse | Subscribed | Complaint
