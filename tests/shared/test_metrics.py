from __future__ import annotations

import re
import tomllib

import pytest

from shared import metrics as m
from tests.fixtures.house import ROOT


def test_every_name_is_declared_once_and_well_formed() -> None:
    names = [metric.name for metric in m.METRICS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"tapeline_[a-z]+(_[a-z]+)*", name) for name in names)


def test_counters_end_in_total_and_times_in_seconds() -> None:
    assert all(x.name.endswith("_total") for x in m.METRICS if isinstance(x, m.Counter))
    assert all(x.name.endswith("_seconds") for x in m.METRICS if isinstance(x, m.Histogram))


def test_every_metric_says_what_it_means() -> None:
    assert all(metric.meaning for metric in m.METRICS)


def test_no_metric_is_labelled_by_instrument() -> None:
    assert not {"symbol", "instrument", "order_id"} & {label for x in m.METRICS for label in x.labels}


def test_what_is_counted_can_be_read() -> None:
    metrics = m.Metrics("risk")
    metrics.counter(m.ROWS_IN, "ticks", 3).inc(7)
    metrics.gauge(m.READY).set(1)
    metrics.histogram(m.COMMIT_SECONDS, "risk").observe(0.001)
    text = metrics.text().decode()
    assert 'tapeline_rows_in_total{partition="3",service="risk",stream="ticks"} 7.0' in text
    assert 'tapeline_ready{service="risk"} 1.0' in text
    assert "tapeline_commit_seconds_bucket" in text


def test_two_processes_worth_of_metrics_do_not_share_a_registry() -> None:
    one, two = m.Metrics("a"), m.Metrics("b")
    one.counter(m.BLOCKS_IN, "ticks", 0).inc()
    assert "tapeline_blocks_in_total{" not in two.text().decode()


def test_too_many_series_are_counted_as_other() -> None:
    metrics = m.Metrics("api")
    for number in range(m.MOST_SERIES + 10):
        metrics.counter(m.DEAD_LETTERS, f"stream{number}").inc()
    text = metrics.text().decode()
    assert 'stream="other"} 10.0' in text
    assert f"stream{m.MOST_SERIES + 1}" not in text


def test_a_wrong_number_of_labels_is_refused() -> None:
    with pytest.raises(ValueError, match="wants labels"):
        m.Metrics("api").counter(m.ROWS_IN, "ticks")


def test_the_version_that_is_told_is_that_of_the_package() -> None:
    package = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert package["version"] == m.VERSION
    assert f'version="{m.VERSION}"' in m.Metrics("api").text().decode()
