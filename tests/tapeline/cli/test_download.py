"""`tapeline ingest history --source …`, as a user types it, with the vendors' own libraries."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.ingest.tape import read_tape
from tapeline.__main__ import app
from tapeline.cli.outcome import code_of
from tests.fixtures.past_venues import FIRST, LAST, past_venue
from tests.fixtures.venues import Reply

pytest.importorskip("httpx", reason="the binance extra is not installed")
Led = Callable[[str], None]
BUSY = Reply(429, b"slow down", (("Retry-After", "1"),))
TROUBLE = {
    "throttled": BUSY,
    "broken": Reply(500, b"oops"),
    "unreachable": Reply(200, b"[[16339", cut=True),
    "nonsense": Reply(200, b"<html>"),
}


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAPELINE_DATA", str(tmp_path / "data"))
    for name in ("ALPACA_KEY", "ALPACA_SECRET", "POLYGON", "FINNHUB"):
        monkeypatch.setenv(f"TAPELINE_KEYS__{name}", "k")


@pytest.fixture
def led(monkeypatch: pytest.MonkeyPatch) -> Led:
    """Leads every vendor to one server."""

    def to(url: str) -> None:
        monkeypatch.setenv("TAPELINE_INGEST__REST_URL", url)

    return to


def history(source: str, symbols: str, *words: str) -> Result:
    told = ["ingest", "history", "--source", source, "--symbols", symbols, "--to", "lake", "--json"]
    span = [] if "--from" in words else ["--from", FIRST, "--until", LAST]
    return CliRunner().invoke(app, [*told, *span, *words])


def test_a_week_goes_into_the_lake_and_is_not_asked_for_again(led: Led) -> None:
    with past_venue() as (url, vendors):
        led(url)
        first = json.loads(history("binance", "BTCUSDT").stdout)
        asked = len(vendors.asked)
        second = json.loads(history("binance", "BTCUSDT").stdout)
        longer = json.loads(history("binance", "BTCUSDT", "--from", "2021-10-01", "--until", LAST).stdout)
    assert (first["accepted"], first["known"], first["failed"]) == (5, 0, 0)
    assert (second["accepted"], second["known"], asked) == (0, 1, 2)
    assert longer["accepted"] == 0, "the days before have no bars, and those after are there"
    assert read_tape(Path("lake")).ticks["price"].tolist() == [10_100, 10_200, 10_300, 10_400, 10_500]


@pytest.mark.parametrize("count", sorted(TROUBLE))
def test_trouble_costs_a_line_and_a_count_and_no_row(led: Led, count: str) -> None:
    with past_venue(Reply(body=b'{"symbols":[]}'), TROUBLE[count]) as (url, _):
        led(url)
        history("binance", "NOPE")
        done = history("binance", "BTCUSDT")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["accepted"]) == (0, 5)
    assert told["vendors"]["binance"][count] == told["vendors"]["binance"]["retries"] == 1
    assert "attempt 1 of 5" in done.stderr


def test_the_next_source_is_asked_where_one_fails(led: Led) -> None:
    pytest.importorskip("massive", reason="the polygon extra is not installed")
    pytest.importorskip("alpaca", reason="the alpaca extra is not installed")
    with past_venue(Reply(403, b'{"message":"forbidden"}')) as (url, _):
        led(url)
        done = history("alpaca,polygon", "AAPL")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["accepted"], told["vendors"]["all"]) == (0, 5, {"fallbacks": 1})
    assert told["files"][0]["source"] == "polygon day AAPL"
    assert "asking polygon instead of alpaca" in done.stderr


def test_a_symbol_that_fails_leaves_the_others_their_turn(led: Led) -> None:
    with past_venue() as (url, _):
        led(url)
        done = history("binance", "NOPE,BTCUSDT")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["failed"], told["accepted"]) == (1, 1, 5)
    assert done.stderr.count("\n") == 1
    assert "NOPE: " in done.stderr
    assert "Binance has no symbol NOPE" in done.stderr


def test_three_symbols_in_a_row_without_an_answer_are_enough(led: Led) -> None:
    with past_venue() as (url, vendors):
        led(url)
        done = history("binance", "A,B,C,D,BTCUSDT")
    assert json.loads(done.stdout)["failed"] == 3
    assert "the rest is not asked for" in done.stderr
    assert len(vendors.asked) == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("binance", "", "--from", FIRST), "name them, with commas"),
        (("binance", "X", "--from", "yesterday"), "'yesterday' is no day"),
        (("binance", "X", "--from", LAST, "--until", FIRST), "no whole day lies between"),
        (("binance", "X", "--interval", "week"), "week is not one of minute, hour, day"),
        (("synthetic", "AAPL"), "wants --source"),
    ],
)
def test_a_wrong_order_is_one_clear_line(words: tuple[str, ...], said: str) -> None:
    done = history(*words)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())


def test_an_unknown_source_is_refused() -> None:
    done = history("acme", "X")
    assert code_of(done.exception) == 1  # type: ignore[arg-type]
    assert "there are yahoo" in str(done.exception)


def test_people_are_told_a_line_a_symbol_and_a_line_a_vendor(led: Led) -> None:
    with past_venue() as (url, _):
        led(url)
        words = ["ingest", "history", "--source", "binance", "--symbols", "BTCUSDT", "--to", "lake"]
        spans = (FIRST, "2021-10-12"), ("2021-10-14", LAST)
        for since, until in spans:
            done = CliRunner().invoke(app, [*words, "--from", since, "--until", until])
        assert done.exit_code == 0
        many = CliRunner().invoke(app, [*words, "--from", "2010-01-01", "--until", LAST])
    assert "binance day BTCUSDT 1 rows of 1 symbol: 1 accepted, 0 quarantined, 0 unreadable" in many.stdout
    assert re.search(r"^binance  requests \d+, answers \d+$", many.stdout, re.MULTILINE)
