"""Between a feed's thread and the line: a bounded queue that says what it does when it is full."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from threading import Lock
from typing import Final

from services.ingest.feeds.events import Quote
from services.ingest.feeds.rows import Received

MOST_ROWS: Final = 200_000


class FeedQueue:
    """Rows in arrival order, and the times before which more may still come.

    When it is full, waiting quotes shrink to the last of each instrument; trades are never dropped: if that
    is not enough the reader of the socket waits, and what the venue then drops is fetched again as a hole.
    """

    def __init__(self, most_rows: int = MOST_ROWS) -> None:
        self._most = most_rows
        self._lock = Lock()
        self._rows: list[Received] = []
        self._holds: dict[Hashable, tuple[int, int]] = {}

    def put(self, rows: Sequence[Received]) -> int:
        """Takes all of them; how many older quotes gave way."""
        with self._lock:
            self._rows.extend(rows)
            return self._conflate() if len(self._rows) > self._most else 0

    @property
    def is_full(self) -> bool:
        """Whether the reader of the socket should wait."""
        return len(self._rows) >= self._most

    def __len__(self) -> int:
        return len(self._rows)

    def drain(self) -> list[Received]:
        """All rows so far."""
        with self._lock:
            rows, self._rows = self._rows, []
            return rows

    def hold(self, key: Hashable, time_ns: int, until_ns: int) -> None:
        """Rows after this venue time may still come, until this time of our clock at most."""
        with self._lock:
            self._holds[key] = time_ns, until_ns

    def release(self, key: Hashable) -> None:
        """They have come, or never will."""
        with self._lock:
            self._holds.pop(key, None)

    def held_ns(self, now_ns: int) -> int | None:
        """The least time that is held; patience that has run out holds nothing."""
        with self._lock:
            self._holds = {key: hold for key, hold in self._holds.items() if hold[1] > now_ns}
            return min((time for time, _ in self._holds.values()), default=None)

    def _conflate(self) -> int:
        last = {row.tick.instrument: row for row in self._rows if isinstance(row.tick, Quote)}
        kept = [
            row for row in self._rows if not isinstance(row.tick, Quote) or last[row.tick.instrument] is row
        ]
        gone = len(self._rows) - len(kept)
        self._rows = kept
        return gone
