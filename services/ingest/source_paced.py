"""A recorded tape as a live source: its ticks come when their time has come, as fast as one wishes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from services.ingest.config import Pacing
from services.ingest.cuts import PartitionTable, empty_cut, one_cut
from services.ingest.pacing import Pace
from services.ingest.tape import Tape
from shared.block import Block
from shared.time import END_OF_TAPE


class PacedTape:
    """Gives the rows whose time has come: after a block's rows or a short wait; in between, time."""

    def __init__(self, tape: Tape, pacing: Pacing, partitions: int) -> None:
        self.instruments, self.notes = tape.instruments, tape.notes
        self._ticks, self._times = tape.ticks, tape.ticks["event_time_ns"]
        self._facts, self._told = tape.facts, 0
        self._pacing, self._partitions = pacing, partitions
        self._pace = Pace(pacing.speed)
        self._lookup = PartitionTable(tape.ticks["instrument"], partitions)
        self._given = 0
        self._promised = int(self._times[0]) - 1
        self._started = False
        self._last_cut_ns = 0

    def next(self, now_ns: int) -> list[Block] | None:
        """The rows since the last cut, or only time when none came for a heartbeat; at last the end."""
        if self._promised >= END_OF_TAPE:
            return None
        if not self._started:
            self._pace.start(now_ns, self._promised + 1)
            self._started, self._last_cut_ns = True, now_ns
        if self._given == len(self._times):
            self._promised = END_OF_TAPE
            return [*empty_cut(self._partitions, END_OF_TAPE), self._facts_until(END_OF_TAPE)]
        until = self._pace.tape_ns(now_ns) - 1
        stop = int(np.searchsorted(self._times, until, side="right"))
        waited = now_ns - self._last_cut_ns
        if stop - self._given < self._pacing.rows_per_cut and waited < self._wait_ns(stop):
            return None
        return self._cut(until, stop, now_ns) if until > self._promised else None

    def due_ns(self, now_ns: int) -> int | None:
        """After the wait for more rows, or when the next row is due."""
        if self._promised >= END_OF_TAPE:
            return None
        if not self._started or self._given == len(self._times):
            return now_ns
        lingered = self._last_cut_ns + self._pacing.linger_ns
        following = self._pace.due_ns(int(self._times[self._given]) + 1)
        beat = self._last_cut_ns + self._pacing.heartbeat_ns
        return max(now_ns, lingered, min(following, beat))

    def resume(self, cuts: int, watermark_ns: int) -> None:
        """Goes on behind what was promised, however long ago that was on the wall."""
        if cuts:
            self._promised = watermark_ns
            self._given = int(np.searchsorted(self._times, watermark_ns, side="right"))
            self._facts_until(watermark_ns)

    def _facts_until(self, watermark_ns: int) -> Block:
        """The facts up to a promise that were not given yet."""
        start = self._told
        self._told = int(np.searchsorted(self._facts["event_time_ns"], watermark_ns, side="right"))
        return self._facts.rows(start, self._told).until(watermark_ns)

    def _wait_ns(self, stop: int) -> int:
        return self._pacing.linger_ns if stop > self._given else self._pacing.heartbeat_ns

    def _cut(self, until: int, stop: int, now_ns: int) -> list[Block]:
        """At most a block's rows; what was held back by that is promised no further than it has come."""
        self._last_cut_ns = now_ns
        last = min(stop, self._given + self._pacing.rows_per_cut)
        if last < stop:
            until = min(int(self._times[last - 1]), int(self._times[last]) - 1)
        rows = self._ticks.rows(self._given, last)
        self._given, self._promised = last, until
        facts = self._facts_until(until)
        if not len(rows):
            return [*empty_cut(self._partitions, until), facts]
        stamped = replace(rows, columns={**rows.columns, "received_ns": np.full(len(rows), now_ns, np.int64)})
        return [*one_cut(stamped, self._lookup, until), facts]
