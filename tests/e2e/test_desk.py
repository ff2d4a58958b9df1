"""The desk as a stranger starts it: its services trade, the gateway answers, and nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from tapeline.desk.state import DeskState, read_state, running
from tapeline.servers.sockets import socket_folder
from tests.fixtures.running_desk import is_open, processes_of

pytestmark = pytest.mark.timeout(900)

WORDS: Final = ("up", "--headless", "--port", "0", "--symbols", "8", "--speed", "5", "--seed", "5")
KEY: Final = "tl_test_" + "k" * 43
OPENS_S: Final = 600.0
FIRST_FILL_S: Final = 60.0
GOES_ON_S: Final = 90.0
UNPAID: Final = (
    "SELECT count(*) FROM (SELECT instrument, sum(side * quantity) AS lots FROM fills GROUP BY 1) f"
    " LEFT JOIN positions p USING (instrument) WHERE coalesce(p.quantity, 0) <> lots"
)
CLOSES: Final = (
    "SELECT count(*), count(DISTINCT event_time_ns), max(event_time_ns) - min(event_time_ns) FROM nav"
)


class Desk:
    """A running desk, its record and its gateway."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "said.txt"
        env = {**os.environ, "TAPELINE_API__KEY": KEY, "TAPELINE_MARKET__HISTORY_DAYS": "1"}
        words = [sys.executable, "-m", "tapeline", *WORDS, "--data", str(folder / "data")]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(words, stdout=output, stderr=subprocess.STDOUT, env=env)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def state(self) -> DeskState:
        found = read_state(self.data)
        assert found is not None, self.said()
        return found

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.state().db, autocommit=True) as connection:
            return connection.execute(sql.encode()).fetchall()

    def count(self, table: str) -> int:
        return int(self.rows(f"SELECT count(*) FROM {table}")[0][0])

    def asks(self, path: str, body: bytes | None = None) -> Any:
        headers = {"Authorization": f"Bearer {KEY}", "Idempotency-Key": f"e2e-{time.monotonic_ns()}"}
        request = urllib.request.Request(self.state().gateway + path, data=body, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def until(self, what: Callable[[], bool], patience_s: float) -> float:
        """How long it took until this was so."""
        started = time.monotonic()
        while not what():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() - started < patience_s, self.said()
            time.sleep(0.2)
        return time.monotonic() - started


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = Desk(tmp_path_factory.mktemp("desk"))
    try:
        made.until(lambda: is_open(made.data), OPENS_S)
        yield made
    finally:
        made.process.terminate()
        made.process.wait(60)


def nothing_is_lost_or_doubled(desk: Desk) -> None:
    closes, distinct, span_ns = desk.rows(CLOSES)[0]
    assert closes == distinct == span_ns // 5_000_000_000 + 1
    desk.until(lambda: desk.rows(UNPAID) == [(0,)], 10.0)
    assert desk.rows("SELECT count(*) - count(DISTINCT (order_id, leg, exec_id)) FROM fills") == [(0,)]
    assert desk.count("dead_letters") == 0


def test_the_first_fill_comes_within_a_minute_of_the_opening(desk: Desk) -> None:
    assert desk.until(lambda: desk.count("fills") > 0, FIRST_FILL_S) < FIRST_FILL_S
    nothing_is_lost_or_doubled(desk)


@pytest.mark.parametrize(
    "collection", ["nav", "positions", "signals", "orders", "fills", "verdicts", "bars", "predictions"]
)
def test_the_gateway_shows_what_the_desk_does(desk: Desk, collection: str) -> None:
    desk.until(lambda: bool(desk.asks(f"/v1/{collection}?limit=2")["items"]), GOES_ON_S)


def test_the_gateway_wants_a_key(desk: Desk) -> None:
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(desk.state().gateway + "/v1/nav", timeout=10)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["risk", "venue"])
def test_a_killed_service_is_started_again_and_nothing_is_lost_or_doubled(desk: Desk, name: str) -> None:
    (pid,) = [service.pid for service in desk.state().services if service.name == name]
    before = desk.count("nav")
    os.kill(pid, signal.SIGKILL)
    desk.until(lambda: f"{name} started again" in desk.said(), GOES_ON_S)
    desk.until(lambda: desk.count("nav") > before + 4, GOES_ON_S)
    nothing_is_lost_or_doubled(desk)


@pytest.mark.slow
def test_a_halt_takes_effect_at_the_next_close_and_outlives_a_crash(desk: Desk) -> None:
    desk.asks("/v1/risk/halt", b"{}")
    time.sleep(0.3)
    (until_ns,) = desk.rows("SELECT max(event_time_ns) FROM verdicts")[0]
    (pid,) = [service.pid for service in desk.state().services if service.name == "risk"]
    os.kill(pid, signal.SIGKILL)
    later = f"FROM verdicts WHERE event_time_ns > {until_ns}"
    desk.until(lambda: desk.rows(f"SELECT count(DISTINCT event_time_ns) {later}")[0][0] > 3, GOES_ON_S)
    assert desk.rows(f"SELECT DISTINCT verdict {later}") == [(10,)]
    assert desk.rows(f"SELECT count(*) FROM intents WHERE event_time_ns > {until_ns}") == [(0,)]
    desk.asks("/v1/risk/resume", b"{}")
    desk.until(lambda: desk.rows(f"SELECT count(*) {later} AND verdict <> 10")[0][0] > 0, GOES_ON_S)


def test_when_it_is_told_to_stop_nothing_is_left(desk: Desk) -> None:
    desk.process.send_signal(signal.SIGTERM)
    assert desk.process.wait(60) == 0, desk.said()
    assert not running(desk.data)
    assert processes_of(desk.data) == []
    assert not socket_folder(desk.data, os.environ).exists()
