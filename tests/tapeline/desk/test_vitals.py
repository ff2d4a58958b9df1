from __future__ import annotations

import time

from shared import metrics as m
from shared.health import HealthServer, Pulse
from tapeline.desk.services import free_ports
from tapeline.desk.vitals import ask, from_text


def counted() -> m.Metrics:
    metrics = m.Metrics("risk")
    metrics.counter(m.ROWS_IN, "bars", 0).inc(3)
    metrics.counter(m.ROWS_IN, "fills", 1).inc(4)
    metrics.gauge(m.LAG_BLOCKS, "bars", 0).set(2)
    metrics.gauge(m.LAG_BLOCKS, "bars", 1).set(9)
    return metrics


def test_rows_are_added_up_and_the_slowest_partition_is_the_lag() -> None:
    vitals = from_text(counted().text(), ready=True)
    assert (vitals.rows_in, vitals.lag_blocks, vitals.lag_s) == (7.0, 9.0, None)


def test_a_service_is_asked_over_http() -> None:
    pulse = Pulse(time.monotonic)
    server = HealthServer(0, pulse, counted().text)
    server.start()
    before = ask(server.port)
    pulse.ready()
    after = ask(server.port)
    server.stop()
    assert before is not None
    assert after is not None
    assert (before.ready, after.ready) == (False, True)


def test_a_service_that_does_not_answer_has_no_vitals() -> None:
    assert ask(free_ports(1)[0]) is None
