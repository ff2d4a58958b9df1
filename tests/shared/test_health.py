from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest

from shared.failures import Refused
from shared.health import HealthServer, Pulse


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pulse(clock: Clock) -> Pulse:
    return Pulse(clock, stall_s=30.0)


@pytest.fixture
def server(pulse: Pulse) -> Iterator[HealthServer]:
    made = HealthServer(0, pulse, lambda: b"tapeline_ready 1\n")
    made.start()
    yield made
    made.stop()


def get(server: HealthServer, path: str) -> tuple[int, bytes]:
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    line.request("GET", path)
    answer = line.getresponse()
    body = answer.read()
    line.close()
    return answer.status, body


def state(server: HealthServer, path: str) -> tuple[int, dict[str, Any]]:
    status, body = get(server, path)
    return status, json.loads(body)


def test_a_service_that_starts_lives_and_is_not_ready(server: HealthServer) -> None:
    assert state(server, "/healthz")[0] == 200
    status, about = state(server, "/readyz")
    assert status == 503
    assert about["waits_for"] == "start"


def test_a_service_is_ready_when_it_says_so_and_no_longer_when_it_waits(
    server: HealthServer, pulse: Pulse
) -> None:
    pulse.ready()
    assert state(server, "/readyz")[0] == 200
    pulse.waits_for("postgres")
    assert state(server, "/readyz")[1]["waits_for"] == "postgres"


def test_a_loop_that_stalls_is_neither_alive_nor_ready(
    server: HealthServer, pulse: Pulse, clock: Clock
) -> None:
    pulse.ready()
    clock.now = 31.0
    assert state(server, "/healthz")[0] == 503
    assert state(server, "/readyz")[0] == 503
    pulse.beat()
    assert state(server, "/readyz")[0] == 200


def test_facts_are_told(server: HealthServer, pulse: Pulse) -> None:
    pulse.facts["seq"] = 12
    assert state(server, "/healthz")[1]["seq"] == 12


def test_metrics_are_served(server: HealthServer) -> None:
    assert get(server, "/metrics") == (200, b"tapeline_ready 1\n")


def test_any_other_path_names_the_three(server: HealthServer) -> None:
    status, about = state(server, "/")
    assert status == 404
    assert about["paths"] == ["/healthz", "/readyz", "/metrics"]


def test_a_port_that_is_taken_is_said_in_one_line(server: HealthServer, pulse: Pulse) -> None:
    with pytest.raises(Refused, match="is taken"):
        HealthServer(server.port, pulse, lambda: b"")
