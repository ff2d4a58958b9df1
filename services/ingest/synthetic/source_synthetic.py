"""The synthetic market as a live source: its own clock starts in the middle of a session."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from services.ingest.config import IngestConfig
from services.ingest.cuts import PartitionTable, empty_cut, one_cut
from services.ingest.synthetic.history import market_at_start
from services.ingest.synthetic.ticks import SyntheticTicks
from shared.block import Block, join
from shared.streams import PARTITIONS, TICKS


class SyntheticSource:
    """Gives the rows whose time has come: after a block's rows or a short wait; in between, time."""

    notes: tuple[str, ...] = ()

    def __init__(self, config: IngestConfig, partitions: int = PARTITIONS) -> None:
        market = market_at_start(config)
        self.instruments = market.instruments
        self._pacing, self._partitions = config.pacing, partitions
        self._ticks = SyntheticTicks(market, config.start_ns)
        ids = np.array([row.instrument for row in self.instruments])
        self._lookup = PartitionTable(ids, partitions)
        self._promised = config.start_ns - 1
        self._waiting = TICKS.empty(watermark_ns=self._promised)
        self._anchor: tuple[int, int] | None = None
        self._last_cut_ns = 0

    def next(self, now_ns: int) -> list[Block] | None:
        """The rows since the last cut, or only time when none came for a heartbeat or a bar has ended."""
        if self._anchor is None:
            self._anchor = now_ns, self._promised + 1
            self._last_cut_ns = now_ns
        until = self._event_time(now_ns)
        self._gather(until)
        if len(self._waiting) < self._pacing.rows_per_cut and now_ns - self._last_cut_ns < self._wait_ns(
            until
        ):
            return None
        if until <= self._promised:
            return None
        self._last_cut_ns = now_ns
        return self._cut(until, now_ns)

    def due_ns(self, now_ns: int) -> int | None:
        """After the wait for more rows; at once while a whole block is waiting."""
        if self._anchor is None or len(self._waiting) >= self._pacing.rows_per_cut:
            return now_ns
        lingered = self._last_cut_ns + self._pacing.linger_ns
        return lingered if lingered > now_ns else now_ns + self._pacing.linger_ns

    def resume(self, cuts: int, watermark_ns: int) -> None:
        """Goes on where the last published cut ended, however long ago that was on the wall."""
        if cuts:
            self._ticks.pass_over(watermark_ns + 1)
            self._promised = watermark_ns

    def _event_time(self, now_ns: int) -> int:
        """The market's time, at most one base bar beyond what was given: a slow reader slows the market."""
        wall, event = self._anchor or (now_ns, self._promised + 1)
        told = event + int((now_ns - wall) * self._pacing.speed) - 1
        most = self._promised + self._ticks.interval_ns
        if told <= most:
            return told
        self._anchor = now_ns, most + 1
        return most

    def _gather(self, until: int) -> None:
        if until >= self._ticks.cursor_ns:
            self._waiting = join([self._waiting, self._ticks.until(until + 1)])

    def _wait_ns(self, until: int) -> int:
        interval = self._ticks.interval_ns
        has_ended = (until + 1) // interval > (self._promised + 1) // interval
        return self._pacing.linger_ns if len(self._waiting) or has_ended else self._pacing.heartbeat_ns

    def _cut(self, until: int, now_ns: int) -> list[Block]:
        most, times = self._pacing.rows_per_cut, self._waiting["event_time_ns"]
        promise = until if len(times) <= most else min(int(times[most - 1]), int(times[most]) - 1)
        rows, self._waiting = self._waiting.rows(0, most), self._waiting.rows(most, len(times))
        self._promised = promise
        facts = self._ticks.facts(promise + 1)
        if not len(rows):
            return [*empty_cut(self._partitions, promise), facts]
        received = np.full(len(rows), now_ns, np.int64)
        stamped = replace(rows, columns={**rows.columns, "received_ns": received})
        return [*one_cut(stamped, self._lookup, promise), facts]
