"""Every metric of every service, declared once; the names are a promise to dashboards and alerts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import prometheus_client as prometheus
from prometheus_client.metrics import MetricWrapperBase

MOST_SERIES: Final = 512
"""Label sets that one metric may have before the rest is counted as `other`."""

HOP: Final = (
    0.00005,
    0.0001,
    0.0002,
    0.0005,
    0.001,
    0.002,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    1.0,
)
END_TO_END: Final = (
    0.001,
    0.002,
    0.003,
    0.005,
    0.008,
    0.012,
    0.02,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    10.0,
)


@dataclass(frozen=True)
class Counter:
    """Something that only grows."""

    name: str
    meaning: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gauge:
    """Something that goes up and down."""

    name: str
    meaning: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Histogram:
    """How long something takes."""

    name: str
    meaning: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = HOP


VERSION: Final = "0.1.0"
LOG_PLACE = ("stream", "partition")

BLOCKS_IN = Counter("tapeline_blocks_in_total", "blocks read", LOG_PLACE)
BLOCKS_OUT = Counter("tapeline_blocks_out_total", "blocks published", LOG_PLACE)
ROWS_IN = Counter("tapeline_rows_in_total", "rows read", LOG_PLACE)
ROWS_OUT = Counter("tapeline_rows_out_total", "rows published", LOG_PLACE)
BYTES_OUT = Counter("tapeline_bytes_out_total", "payload bytes published", ("stream",))
PUBLISH_SECONDS = Histogram("tapeline_publish_seconds", "time the bus takes to accept a block", ("stream",))
COMMIT_SECONDS = Histogram("tapeline_commit_seconds", "time Postgres takes to commit one step", ("stage",))
TICK_TO_ORDER_SECONDS = Histogram(
    "tapeline_tick_to_order_seconds",
    "from receipt at ingest to the commit of the intents",
    (),
    END_TO_END,
)
LAG_BLOCKS = Gauge("tapeline_lag_blocks", "blocks that waited on the bus at the last look", LOG_PLACE)
LAG_SECONDS = Gauge(
    "tapeline_lag_seconds",
    "how long the oldest of them had waited",
    LOG_PLACE,
)
WATERMARK = Gauge(
    "tapeline_watermark_timestamp_seconds",
    "market time up to which a stream is complete",
    LOG_PLACE,
)
DEAD_LETTERS = Counter("tapeline_dead_letters_total", "blocks that could not be used", ("stream",))
QUARANTINED = Counter("tapeline_quarantined_rows_total", "ticks set aside at ingest", ("reason",))
FEED_FRAMES = Counter("tapeline_feed_frames_total", "frames that a live feed has sent", ("feed",))
FEED_TICKS = Counter("tapeline_feed_ticks_total", "trades, quotes and bars in them", ("feed",))
FEED_DUPLICATES = Counter("tapeline_feed_duplicates_total", "ticks that came twice", ("feed",))
FEED_NONSENSE = Counter("tapeline_feed_nonsense_total", "frames that say nothing", ("feed",))
FEED_GAPS = Counter("tapeline_feed_gaps_total", "gaps in the venue's numbers", ("feed", "of"))
FEED_TRADES = Counter(
    "tapeline_feed_trades_total", "trades that were missing, fetched again, or are lost", ("feed", "outcome")
)
FEED_PICTURES = Counter("tapeline_feed_pictures_total", "whole books that were fetched", ("feed",))
FEED_CONNECTIONS = Counter(
    "tapeline_feed_connections_total", "connections that were made or ended", ("feed", "outcome")
)
FEED_COMPLAINTS = Counter("tapeline_feed_complaints_total", "requests that the venue turned down", ("feed",))
FEED_LATE_ROWS = Counter(
    "tapeline_feed_late_rows_total", "rows that came after their time was promised", ("feed",)
)
FEED_CONFLATED = Counter(
    "tapeline_feed_conflated_quotes_total", "quotes that gave way to later ones while rows waited", ("feed",)
)
FEED_WAITS = Counter("tapeline_feed_waits_total", "times that the socket waited for the line", ("feed",))
FEED_SKEW = Gauge("tapeline_feed_clock_skew_seconds", "our clock less the venue's", ("feed",))
FEED_WAITING = Gauge("tapeline_feed_waiting_rows", "rows between the socket and the line", ("feed",))
LATE_ROWS = Counter("tapeline_late_rows_total", "rows that came after their bar was closed", ("stream",))
RETRIES = Counter("tapeline_retries_total", "fresh starts because the record or the bus was away")
DECISIONS = Counter("tapeline_decisions_total", "bar closes decided", ("account",))
VERDICTS = Counter("tapeline_verdicts_total", "verdicts by outcome", ("account", "outcome"))
ORDERS = Counter("tapeline_orders_total", "orders by what they ask", ("account", "action"))
FILLS = Counter("tapeline_fills_total", "executions", ("account", "side"))
REJECTIONS = Counter(
    "tapeline_rejections_total",
    "orders that the venue turned down",
    ("account", "reason"),
)
NAV = Gauge("tapeline_nav_usd", "net asset value at the last close", ("account",))
HALTED = Gauge("tapeline_halted", "1 while the kill switch is thrown", ("account",))
POSITIONS_OPEN = Gauge("tapeline_positions_open", "instruments held", ("account",))
MODEL_REFUSALS = Counter(
    "tapeline_model_refusals_total", "models that were wanted and are not used", ("reason",)
)
MODEL_SWAPS = Counter("tapeline_model_swaps_total", "changes of the models that predict", ("partition",))
MODEL_LEVEL = Gauge(
    "tapeline_model_level", "how loud the loudest measure is: 0 calm, 1 watch, 2 alarm", ("model",)
)
MODEL_PSI_MAX = Gauge(
    "tapeline_model_psi_max", "farthest that a feature or answer is from the training time", ("model",)
)
MODEL_FEATURES_DRIFTED = Gauge("tapeline_model_features_drifted", "features beyond their alarm", ("model",))
MODEL_RANK_IC = Gauge(
    "tapeline_model_rank_ic",
    "rank IC of answers whose horizon has ended, with its interval",
    ("model", "bound"),
)
MODEL_CALIBRATION_ERROR = Gauge(
    "tapeline_model_calibration_error", "mean gap between what was said and what came", ("model",)
)
MODEL_LOSS_CHANGES = Gauge(
    "tapeline_model_loss_changes", "how often the loss began to be a worse one within the stretch", ("model",)
)
MODEL_ALARMS = Counter("tapeline_model_alarms_total", "measures that came to an alarm", ("model",))
MODEL_LOOKS = Counter("tapeline_model_looks_total", "looks at models, by what came of them", ("outcome",))
REQUEST_SECONDS = Histogram(
    "tapeline_request_seconds",
    "time to answer a request",
    ("method", "route", "status"),
    END_TO_END,
)
SUBSCRIBERS = Gauge("tapeline_subscribers", "open live streams", ("topic",))
READY = Gauge("tapeline_ready", "1 while the service does its work")
BUILD_INFO = Gauge("tapeline_build_info", "always 1; the version is a label", ("version",))

Metric = Counter | Gauge | Histogram
METRICS: Final[tuple[Metric, ...]] = tuple(
    value for value in list(globals().values()) if isinstance(value, Counter | Gauge | Histogram)
)

Made = TypeVar("Made", bound=MetricWrapperBase)


class Metrics:
    """The metrics of one process, in a registry of its own."""

    def __init__(self, service: str) -> None:
        prometheus.disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = prometheus.CollectorRegistry()
        self._service = service
        self._made: dict[str, MetricWrapperBase] = {}
        self._seen: dict[str, set[tuple[str, ...]]] = {}
        self.gauge(BUILD_INFO, VERSION).set(1)

    def counter(self, metric: Counter, *labels: object) -> prometheus.Counter:
        """The series of these labels: keep it and call `inc`."""
        return self._series(
            metric,
            lambda: prometheus.Counter(*self._about(metric), registry=self.registry),
            labels,
        )

    def gauge(self, metric: Gauge, *labels: object) -> prometheus.Gauge:
        """The series of these labels: keep it and call `set`."""
        return self._series(
            metric,
            lambda: prometheus.Gauge(*self._about(metric), registry=self.registry),
            labels,
        )

    def histogram(self, metric: Histogram, *labels: object) -> prometheus.Histogram:
        """The series of these labels: keep it and call `observe`."""

        def make() -> prometheus.Histogram:
            about = self._about(metric)
            return prometheus.Histogram(*about, registry=self.registry, buckets=metric.buckets)

        return self._series(metric, make, labels)

    def text(self) -> bytes:
        """All series as Prometheus reads them."""
        return prometheus.generate_latest(self.registry)

    def _about(self, metric: Metric) -> tuple[str, str, tuple[str, ...]]:
        return metric.name, metric.meaning, ("service", *metric.labels)

    def _series(self, metric: Metric, make: Callable[[], Made], labels: tuple[object, ...]) -> Made:
        if len(labels) != len(metric.labels):
            raise ValueError(f"{metric.name} wants labels {metric.labels}, found {labels}")
        made = self._made.get(metric.name)
        if made is None:
            made = self._made[metric.name] = make()
        values = self._bounded(metric.name, tuple(str(label) for label in labels))
        series: Made = made.labels(self._service, *values)  # type: ignore[assignment]
        return series

    def _bounded(self, name: str, values: tuple[str, ...]) -> tuple[str, ...]:
        seen = self._seen.setdefault(name, set())
        if values not in seen and len(seen) >= MOST_SERIES:
            return ("other",) * len(values)
        seen.add(values)
        return values
