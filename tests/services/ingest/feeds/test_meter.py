"""Every count of a feed is a series that moves, and never by more than what happened."""

from __future__ import annotations

from dataclasses import fields

from services.ingest.feeds.meter import EVERY_NS, SERIES, FeedMeter
from services.ingest.feeds.tracker import FeedCounts
from shared.metrics import Metrics

LABELS = 'feed="binance"'


def test_every_count_of_a_feed_has_a_series() -> None:
    assert set(SERIES) == {field.name for field in fields(FeedCounts)}


def test_series_begin_at_zero_and_grow_by_what_is_new() -> None:
    metrics, counts = Metrics("ingest"), FeedCounts()
    meter = FeedMeter(metrics, "binance")
    assert (
        f'tapeline_feed_trades_total{{{LABELS},outcome="lost",service="ingest"}} 0.0'
        in metrics.text().decode()
    )
    for turn in range(1, 4):
        counts.frames += 10
        counts.trades_lost += 2
        meter.look(turn * EVERY_NS, counts, -1_270_000_000, turn)
    text = metrics.text().decode()
    assert f'tapeline_feed_frames_total{{{LABELS},service="ingest"}} 30.0' in text
    assert f'tapeline_feed_trades_total{{{LABELS},outcome="lost",service="ingest"}} 6.0' in text
    assert f'tapeline_feed_clock_skew_seconds{{{LABELS},service="ingest"}} -1.27' in text
    assert f'tapeline_feed_waiting_rows{{{LABELS},service="ingest"}} 3.0' in text


def test_a_second_is_looked_at_once_and_an_unknown_skew_is_not_told() -> None:
    metrics, counts = Metrics("ingest"), FeedCounts(frames=1)
    meter = FeedMeter(metrics, "binance")
    meter.look(EVERY_NS, counts, 5, 0)
    counts.frames = 9
    meter.look(2 * EVERY_NS - 1, counts, None, 0)
    assert f'tapeline_feed_frames_total{{{LABELS},service="ingest"}} 1.0' in metrics.text().decode()
    meter.look(2 * EVERY_NS, counts, None, 0)
    text = metrics.text().decode()
    assert f'tapeline_feed_frames_total{{{LABELS},service="ingest"}} 9.0' in text
    assert "tapeline_feed_clock_skew_seconds" in text and "5e-09" in text
