"""What a live feed counts, as series of metrics: a look a second, and only what has changed is added."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import prometheus_client as prometheus

from services.ingest.feeds.tracker import FeedCounts
from shared import metrics as m
from shared.time import SECOND_NS

EVERY_NS: Final = SECOND_NS

Series = Callable[[m.Metrics, str], prometheus.Counter]
SERIES: Final[Mapping[str, Series]] = {
    "frames": lambda metrics, feed: metrics.counter(m.FEED_FRAMES, feed),
    "ticks": lambda metrics, feed: metrics.counter(m.FEED_TICKS, feed),
    "duplicates": lambda metrics, feed: metrics.counter(m.FEED_DUPLICATES, feed),
    "nonsense": lambda metrics, feed: metrics.counter(m.FEED_NONSENSE, feed),
    "trade_gaps": lambda metrics, feed: metrics.counter(m.FEED_GAPS, feed, "trades"),
    "book_gaps": lambda metrics, feed: metrics.counter(m.FEED_GAPS, feed, "books"),
    "trades_missed": lambda metrics, feed: metrics.counter(m.FEED_TRADES, feed, "missed"),
    "trades_filled": lambda metrics, feed: metrics.counter(m.FEED_TRADES, feed, "filled"),
    "trades_lost": lambda metrics, feed: metrics.counter(m.FEED_TRADES, feed, "lost"),
    "pictures": lambda metrics, feed: metrics.counter(m.FEED_PICTURES, feed),
    "connections": lambda metrics, feed: metrics.counter(m.FEED_CONNECTIONS, feed, "made"),
    "reconnections": lambda metrics, feed: metrics.counter(m.FEED_CONNECTIONS, feed, "ended"),
    "complaints": lambda metrics, feed: metrics.counter(m.FEED_COMPLAINTS, feed),
    "late": lambda metrics, feed: metrics.counter(m.FEED_LATE_ROWS, feed),
    "quotes_conflated": lambda metrics, feed: metrics.counter(m.FEED_CONFLATED, feed),
    "waits": lambda metrics, feed: metrics.counter(m.FEED_WAITS, feed),
}
"""The series of every count of a feed."""


class FeedMeter:
    """Adds to counters what was counted since the last look; all are there from the start, at zero."""

    def __init__(self, metrics: m.Metrics, feed: str) -> None:
        self._series = {name: made(metrics, feed) for name, made in SERIES.items()}
        self._told = dict.fromkeys(SERIES, 0)
        self._skew = metrics.gauge(m.FEED_SKEW, feed)
        self._waiting = metrics.gauge(m.FEED_WAITING, feed)
        self._next_ns = 0

    def look(self, now_ns: int, counts: FeedCounts, skew_ns: int | None, waiting: int) -> None:
        """At most once a second."""
        if now_ns < self._next_ns:
            return
        self._next_ns = now_ns + EVERY_NS
        for name, series in self._series.items():
            count: int = getattr(counts, name)
            if count > self._told[name]:
                series.inc(count - self._told[name])
                self._told[name] = count
        if skew_ns is not None:
            self._skew.set(skew_ns / SECOND_NS)
        self._waiting.set(waiting)
