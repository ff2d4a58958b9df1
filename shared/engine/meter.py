"""What a worker counts while it works: sums in passing, series of metrics when there is a moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared import metrics as m
from shared.block import Block, join
from shared.codec import decode, row_count
from shared.engine.bus import Entry, Key
from shared.engine.tally import COUNTED
from shared.store.contract import Commit, Letter
from shared.streams import ORDERS, QUARANTINE
from shared.time import END_OF_TAPE, SECOND_NS


@dataclass(slots=True)
class _Flow:
    """What went through one log since it was last told."""

    blocks: int = 0
    rows: int = 0
    size: int = 0
    watermark_ns: int = 0


class Meter:
    """Counts blocks and rows in and out, and how long commits and publications take."""

    def __init__(self, metrics: m.Metrics) -> None:
        self._metrics = metrics
        self._in: dict[Key, _Flow] = {}
        self._out: dict[Key, _Flow] = {}
        self._lags: dict[Key, tuple[int, float]] = {}
        self._lagging: set[Key] = set()
        self._kept: list[Block] = []
        self.commit_s = metrics.histogram(m.COMMIT_SECONDS, "all")
        self.publish_s = metrics.histogram(m.PUBLISH_SECONDS, "all")

    def read(self, key: Key, block: Block) -> None:
        """One block came in."""
        flow = self._in.get(key) or self._in.setdefault(key, _Flow())
        flow.blocks += 1
        flow.rows += len(block)
        if 0 < block.watermark_ns < END_OF_TAPE:
            flow.watermark_ns = block.watermark_ns

    def looked(self, wanted: Iterable[Key], found: Mapping[Key, Sequence[Entry]], now_ns: int) -> None:
        """What waited on the bus, and how long the oldest of it had; a log without news has no lag."""
        for key in wanted:
            self._lags.setdefault(key, (0, 0.0))
        for key in self._lagging.difference(found):
            self._lags[key] = (0, 0.0)
        for key, entries in found.items():
            since_ns = entries[0].stamp_ns
            waited_s = max(0, now_ns - since_ns) / SECOND_NS if since_ns else 0.0
            self._lags[key] = (len(entries), waited_s)
        self._lagging = set(found)

    def kept(self, commits: Sequence[Commit]) -> None:
        """Some rows are now in the record."""
        for commit in commits:
            self._kept += [rows for rows in commit.rows if rows.stream.name in COUNTED]

    def decided(self, commits: Sequence[Commit], taken_ns: int) -> None:
        """A decision is in the record, so long after the tick that asked for it was received."""
        if taken_ns and any(rows.stream is ORDERS for commit in commits for rows in commit.rows):
            self._metrics.histogram(m.TICK_TO_ORDER_SECONDS).observe(taken_ns / SECOND_NS)

    def wrote(self, letters: Sequence[Letter]) -> None:
        """Some blocks went out."""
        for letter in letters:
            key = Key(letter.stream, letter.partition)
            flow = self._out.get(key) or self._out.setdefault(key, _Flow())
            flow.blocks += 1
            flow.rows += row_count(letter.payload)
            flow.size += len(letter.payload)
            if letter.stream == QUARANTINE.name:
                self._kept.append(decode(letter.payload))

    def dead_letter(self, stream: str) -> None:
        """One block could not be used."""
        self._metrics.counter(m.DEAD_LETTERS, stream).inc()

    def catch_up(self) -> None:
        """Tells the metrics what was summed since the last time."""
        self._tell_flows()
        for key, (blocks, seconds) in self._lags.items():
            self._metrics.gauge(m.LAG_BLOCKS, *key).set(blocks)
            self._metrics.gauge(m.LAG_SECONDS, *key).set(seconds)
        kept, self._kept = self._kept, []
        alike: dict[tuple[str, int], list[Block]] = {}
        for rows in kept:
            account = int(rows["account"][0]) if "account" in rows.columns else 0
            alike.setdefault((rows.stream.name, account), []).append(rows)
        for (stream, _), some in alike.items():
            COUNTED[stream](self._metrics, join(some))

    def _tell_flows(self) -> None:
        taken, self._in = self._in, {}
        for key, flow in taken.items():
            self._metrics.counter(m.BLOCKS_IN, *key).inc(flow.blocks)
            self._metrics.counter(m.ROWS_IN, *key).inc(flow.rows)
            if flow.watermark_ns:
                self._metrics.gauge(m.WATERMARK, *key).set(flow.watermark_ns / SECOND_NS)
        given, self._out = self._out, {}
        for key, flow in given.items():
            self._metrics.counter(m.BLOCKS_OUT, *key).inc(flow.blocks)
            self._metrics.counter(m.ROWS_OUT, *key).inc(flow.rows)
            self._metrics.counter(m.BYTES_OUT, key.stream).inc(flow.size)
