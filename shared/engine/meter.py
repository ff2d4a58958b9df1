"""What a worker counts while it works; series are looked up once and kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import prometheus_client as prometheus

from shared import metrics as m
from shared.block import Block
from shared.engine.bus import Entry, Key
from shared.engine.tally import COUNTED
from shared.store.contract import Commit, Letter
from shared.time import END_OF_TAPE, SECOND_NS


class Meter:
    """Counts blocks and rows in and out, and how long commits and publications take."""

    def __init__(self, metrics: m.Metrics) -> None:
        self._metrics = metrics
        self._in: dict[Key, tuple[prometheus.Counter, prometheus.Counter, prometheus.Gauge]] = {}
        self._out: dict[Key, tuple[prometheus.Counter, prometheus.Counter]] = {}
        self._lagging: set[Key] = set()
        self._lags: dict[Key, tuple[prometheus.Gauge, prometheus.Gauge]] = {}
        self.commit_s = metrics.histogram(m.COMMIT_SECONDS, "all")
        self.publish_s = metrics.histogram(m.PUBLISH_SECONDS, "all")

    def read(self, key: Key, block: Block) -> None:
        """One block came in."""
        series = self._in.get(key)
        if series is None:
            series = self._in[key] = (
                self._metrics.counter(m.BLOCKS_IN, *key),
                self._metrics.counter(m.ROWS_IN, *key),
                self._metrics.gauge(m.WATERMARK, *key),
            )
        blocks, rows, watermark = series
        blocks.inc()
        rows.inc(len(block))
        if 0 < block.watermark_ns < END_OF_TAPE:
            watermark.set(block.watermark_ns / SECOND_NS)

    def looked(self, wanted: Iterable[Key], found: Mapping[Key, Sequence[Entry]], now_ns: int) -> None:
        """What waited on the bus, and how long the oldest of it had; a log without news has no lag."""
        for key in self._lagging.difference(found):
            self._lag(key, 0, 0.0)
        for key, entries in found.items():
            since_ns = entries[0].stamp_ns
            self._lag(key, len(entries), max(0, now_ns - since_ns) / SECOND_NS if since_ns else 0.0)
        for key in wanted:
            if key not in self._lags:
                self._lag(key, 0, 0.0)
        self._lagging = set(found)

    def _lag(self, key: Key, blocks: int, seconds: float) -> None:
        gauges = self._lags.get(key)
        if gauges is None:
            gauges = self._lags[key] = (
                self._metrics.gauge(m.LAG_BLOCKS, *key),
                self._metrics.gauge(m.LAG_SECONDS, *key),
            )
        gauges[0].set(blocks)
        gauges[1].set(seconds)

    def kept(self, commits: Sequence[Commit]) -> None:
        """Counts what is now in the record."""
        for commit in commits:
            for rows in commit.rows:
                count = COUNTED.get(rows.stream.name)
                if count is not None:
                    count(self._metrics, rows)

    def wrote(self, letters: Sequence[Letter]) -> None:
        """Some blocks went out."""
        for letter in letters:
            key = Key(letter.stream, letter.partition)
            series = self._out.get(key)
            if series is None:
                series = self._out[key] = (
                    self._metrics.counter(m.BLOCKS_OUT, *key),
                    self._metrics.counter(m.BYTES_OUT, letter.stream),
                )
            series[0].inc()
            series[1].inc(len(letter.payload))

    def dead_letter(self, stream: str) -> None:
        """One block could not be used."""
        self._metrics.counter(m.DEAD_LETTERS, stream).inc()
