"""What a worker counts while it works; series are looked up once and kept."""

from __future__ import annotations

from collections.abc import Sequence

import prometheus_client as prometheus

from shared import metrics as m
from shared.block import Block
from shared.engine.bus import Key
from shared.store.contract import Letter
from shared.time import END_OF_TAPE, SECOND_NS


class Meter:
    """Counts blocks and rows in and out, and how long commits and publications take."""

    def __init__(self, metrics: m.Metrics) -> None:
        self._metrics = metrics
        self._in: dict[Key, tuple[prometheus.Counter, prometheus.Counter, prometheus.Gauge]] = {}
        self._out: dict[Key, prometheus.Counter] = {}
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

    def wrote(self, letters: Sequence[Letter]) -> None:
        """Some blocks went out."""
        for letter in letters:
            key = Key(letter.stream, letter.partition)
            series = self._out.get(key)
            if series is None:
                series = self._out[key] = self._metrics.counter(m.BLOCKS_OUT, *key)
            series.inc()

    def dead_letter(self, stream: str) -> None:
        """One block could not be used."""
        self._metrics.counter(m.DEAD_LETTERS, stream).inc()
