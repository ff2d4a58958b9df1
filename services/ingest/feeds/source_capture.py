"""A captured feed to read into a lake: rows in order of time, and never more in memory than a piece."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from services.ingest.feeds.capture import captured_feed
from services.ingest.feeds.plan import LATENESS_NS
from services.ingest.feeds.rows import DepthRows, Received, deltas_block, ticks_block
from services.ingest.files.checking import SEEN_BEFORE, RawTicks
from services.ingest.files.reading import Unreadable
from shared.market import Instruments
from shared.time import END_OF_TAPE

CHUNK_ROWS: Final = 1 << 15
CHUNK_CHANGES: Final = 1 << 13


class _Held(NamedTuple):
    row: Received
    line: int
    mark: int


class CaptureReader:
    """Reads one capture once; rows wait for later lines until none within the bound can pass them."""

    def __init__(self, path: Path, instruments: Instruments, only: Collection[str] = ()) -> None:
        self._feed = captured_feed(path, instruments, only)
        self.source, self.size, self.instruments = path.name, path.stat().st_size, instruments
        self._rows: list[_Held] = []
        self._depth: list[DepthRows] = []
        self._path = path

    @property
    def unreadable(self) -> Unreadable:
        """Lines that are no frame, and frames that say nothing."""
        return self._feed.unreadable

    @property
    def done(self) -> int:
        """Bytes that have been read."""
        return self._feed.done

    @property
    def notes(self) -> tuple[str, ...]:
        """What the lines were, the skew of the clocks, and what is missing."""
        return self._feed.notes

    @property
    def lines(self) -> Mapping[str, int]:
        """How many lines were what."""
        return self._feed.lines

    @property
    def skew_ns(self) -> int:
        """Our clock less the venue's at the end."""
        return self._feed.tracker.clock.skew_ns

    def chunks(self) -> Iterator[RawTicks]:
        """Rows in order of time as far as the lateness bound reaches, and what books did meanwhile."""
        tracker, most = self._feed.tracker, CHUNK_ROWS
        for line, taken in self._feed.taken():
            self._rows += [_Held(row, line.number, 0) for row in taken.ticks]
            self._rows += [_Held(row, line.number, SEEN_BEFORE) for row in taken.doubled]
            self._depth += taken.depth
            if len(self._rows) >= most or len(self._depth) >= CHUNK_CHANGES:
                yield self._chunk(tracker.clock.venue_ns(line.received_ns) - LATENESS_NS)
                most = len(self._rows) + CHUNK_ROWS
        self._rows += [_Held(row, 0, 0) for row in tracker.rest()]
        yield self._chunk(END_OF_TAPE)

    def _chunk(self, until_ns: int) -> RawTicks:
        self._rows.sort(key=_time)
        stop = bisect_right(self._rows, until_ns, key=_time)
        ready, self._rows = self._rows[:stop], self._rows[stop:]
        depth, self._depth = self._depth, []
        return RawTicks(
            self.source,
            ticks_block([held.row for held in ready]),
            self.instruments,
            np.array([held.line for held in ready], np.int64),
            np.array([held.mark for held in ready], np.int16),
            beside=(deltas_block(depth),) if depth else (),
        )


def _time(held: _Held) -> int:
    return held.row.time_ns
