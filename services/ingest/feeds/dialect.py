"""What a venue's feed must be able to do for the one socket loop that drives them all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from services.ingest.feeds.events import DepthPicture, Event, Pulse, Trade
from services.ingest.feeds.tracker import MissedTrades, WantedBook


class Request(NamedTuple):
    """A frame to send after connecting, and the name under which the venue confirms it."""

    name: str
    frame: str


class Dialect(Protocol):
    """A venue's frames and answers; everything but the fetches is pure."""

    name: str
    url: str
    instruments: Sequence[int]

    def requests(self) -> Sequence[Request]:
        """What to send after connecting."""
        ...

    def events(self, frame: str | bytes) -> list[Event]:
        """What a frame says; BadInput if it says nothing."""
        ...

    def pictures_by_frame(self, want: WantedBook) -> Sequence[str]:
        """Frames that make the venue send a picture; none if it is fetched instead."""
        ...

    def picture(self, want: WantedBook) -> DepthPicture:
        """Fetches a whole book; blocks."""
        ...

    def trades(self, want: MissedTrades) -> list[Trade]:
        """Fetches trades by their numbers; blocks."""
        ...

    def latest(self, instrument: int) -> Pulse | None:
        """Fetches the number of the last trade so far, None if the venue cannot say; blocks."""
        ...

    def last_before(self, instrument: int, time_ns: int) -> Trade | None:
        """Fetches the last trade before a time, None if the venue cannot say; blocks."""
        ...
