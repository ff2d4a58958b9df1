"""`tapeline ingest capture`, as a user types it: what came over a socket once is a tape and a book."""

from __future__ import annotations

import gzip
import json
from bisect import bisect_right
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from services.ingest.feeds.book_rows import tops
from services.ingest.quality.reasons import Reason
from services.ingest.tape import read_instruments, read_tape
from shared.lake.folders import files_of
from shared.lake.parquet import read_stream
from shared.streams import BOOK_DELTAS, QUARANTINE, TICKS
from tapeline.__main__ import app
from tapeline.cli.outcome import code_of
from tests.fixtures.captures import captured, change, picture, quote, trade
from tests.fixtures.realdata import real_data
from tests.fixtures.venues import Reply, rest_venue

TERMS = ("--terms", "BTCUSDT=0.01,0.00001")
BOOK = [picture(0, 5, [["99.99", "1"]], [["100.01", "2"]]), change(200, 6, 7, [["99.99", "3"]])]
LINES = [*BOOK, *(line for n in range(1, 9) for line in (trade(100 * n, n), quote(100 * n + 50, n)))]


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAPELINE_DATA", str(tmp_path / "data"))


def capture(path: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["ingest", "capture", str(path), "--to", "lake", *words])


def told(done: Result) -> dict[str, Any]:
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["read"] == found["accepted"] + found["quarantined"] + found["unreadable"]
    return found


@pytest.mark.parametrize("packed", [False, True])
def test_a_capture_becomes_ticks_and_changes_of_the_book(tmp_path: Path, packed: bool) -> None:
    path = captured(tmp_path / "feed", LINES)
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    (one,) = told(capture(path, *TERMS, "--json"))["files"]
    assert (one["accepted"], one["beside"]) == (16, {"book_deltas": 3})
    assert (
        sum(count for name, count in one["lines"].items() if name != "lines") == one["lines"]["lines"] == 18
    )
    assert len(read_tape(Path("lake")).ticks) == 16
    assert [(top.number, top.top.bid_size) for top in tops(read_stream(Path("lake"), BOOK_DELTAS), 1)] == [
        (5, 100_000),
        (7, 300_000),
    ]
    (row,) = read_instruments(Path("lake"))
    assert (row.symbol, row.venue, row.currency) == ("BTCUSDT", "BINANCE", "USDT")


def test_a_capture_is_taken_in_once(tmp_path: Path) -> None:
    path = captured(tmp_path / "feed", LINES)
    told(capture(path, *TERMS, "--json"))
    again = told(capture(path, "--json"))
    assert again["read"] == 0 and again["files"][0]["already"]
    assert told(capture(path, "--again", "--json"))["accepted"] == 16


def test_what_came_twice_or_too_far_away_lies_in_quarantine_and_counts_add_up(tmp_path: Path) -> None:
    lines = [trade(10 * n, n) for n in range(1, 40)]
    lines += [trade(300, 30, skew_ns=90_000_000), trade(410, 40, price="900.00"), b"12 {}", b"what?"]
    found = told(capture(captured(tmp_path / "feed", lines), *TERMS, "--json"))
    assert (found["accepted"], found["quarantined"], found["unreadable"]) == (39, 2, 2)
    assert found["files"][0]["reasons"] == {str(int(Reason.DUPLICATE)): 1, str(int(Reason.TRADE_SPIKE)): 1}
    refused = read_stream(Path("lake"), QUARANTINE)
    assert sorted(refused["venue_seq"].tolist()) == [30, 40]


def test_terms_that_nobody_knows_are_one_clear_line_and_nothing_is_kept(tmp_path: Path) -> None:
    done = capture(captured(tmp_path / "feed", LINES))
    assert done.exit_code == 1
    assert "nobody has described BTCUSDT" in done.stderr and "--terms BTCUSDT=0.01,0.00001" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not files_of(Path("lake"), TICKS)


def test_the_venue_may_be_asked_for_the_terms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("httpx", reason="the binance extra is not installed")
    filters = [
        {"filterType": "PRICE_FILTER", "tickSize": "0.01"},
        {"filterType": "LOT_SIZE", "stepSize": "0.001"},
    ]
    info = {"symbols": [{"symbol": "BTCUSDT", "quoteAsset": "USDT", "filters": filters}]}
    with rest_venue(lambda path, asked: Reply(body=json.dumps(info).encode())) as url:
        monkeypatch.setenv("TAPELINE_INGEST__REST_URL", url)
        assert told(capture(captured(tmp_path / "feed", LINES), "--ask", "--json"))["accepted"] == 16
    assert str(read_instruments(Path("lake")).default("BTCUSDT").lot) == "0.001"


def test_a_folder_stands_for_the_captures_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "feeds"
    folder.mkdir()
    captured(folder / "1.txt", LINES[:9])
    captured(folder / "2.txt", LINES[9:])
    (folder / "notes.md").write_text("none of them")
    found = told(capture(folder, *TERMS, "--json"))
    assert (found["accepted"], len(found["files"])) == (16, 2)


def test_what_is_not_there_or_no_capture_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for place, why in ((tmp_path / "none", "there is no"), (tmp_path / "empty", "holds no captured feeds")):
        failure = capture(place).exception
        assert failure is not None and why in str(failure) and code_of(failure) == 5
    other = capture(captured(tmp_path / "csv", [b"timestamp,price", b"1,2"]), *TERMS)
    assert other.exit_code == 1 and "it speaks of no symbol" in other.stderr


def test_people_are_told_what_the_lines_were(tmp_path: Path) -> None:
    said = capture(captured(tmp_path / "feed", LINES), *TERMS).stdout
    assert "16 rows of 1 symbol: 16 accepted, 0 quarantined, 0 unreadable" in said
    assert "3 rows of book_deltas" in said
    assert "18 lines: 8 trades, 8 quotes, 1 change of a book, 1 picture of a book" in said


def test_quality_judges_a_capture_that_is_in_no_lake(tmp_path: Path) -> None:
    path = captured(tmp_path / "feed", [trade(10 * n, n, skew_ns=-1_270_000_000) for n in range(1, 9)])
    done = CliRunner().invoke(app, ["quality", str(path), *TERMS, "--json"])
    found = json.loads(done.stdout)
    assert (found["rows"], found["refused"], found["reasons"]) == (8, 0, {"RECEIVED_EARLY": 8})
    assert "our clock was 1.240 s behind the venue's" in done.stderr
    assert not Path("lake").exists()


@pytest.mark.realdata
def test_the_captured_day_tells_its_skew_and_its_book_equals_the_venues_best(tmp_path: Path) -> None:
    path = real_data() / "crypto" / "binance_raw" / "spot_btcusdt_20240808.gz"
    found = told(capture(path, *TERMS, "--report", "--json"))
    (one,), (judged,) = found["files"], found["quality"]
    assert (found["accepted"], found["quarantined"], found["unreadable"]) == (37_797, 0, 0)
    assert one["lines"] == {
        "lines": 41_249,
        "trades": 9_757,
        "quotes": 28_040,
        "changes": 3_451,
        "pictures": 1,
        "silent": 0,
        "left_out": 0,
    }
    assert -1_280_000_000 < one["skew_ns"] < -1_265_000_000
    assert any("our clock was 1.275 s behind the venue's" in note for note in one["notes"])
    assert judged["reasons"] == {"RECEIVED_EARLY": 37_797}
    assert all(-1_280 < day["lag_least_ms"] < -1_265 for day in judged["days"])
    ticks = read_tape(Path("lake")).ticks
    quotes = ticks["kind"] == 2
    numbers = ticks["venue_seq"][quotes].tolist()
    best = list(
        zip(*(ticks[n][quotes].tolist() for n in ("bid", "bid_size", "ask", "ask_size")), strict=True)
    )
    compared = 0
    for state in tops(read_stream(Path("lake"), BOOK_DELTAS), 1):
        if state.number >= numbers[0]:
            assert tuple(state.top) == best[bisect_right(numbers, state.number) - 1]
            compared += 1
    assert compared == 3_448 + 2


@pytest.mark.realdata
def test_a_replay_of_the_captured_day_ends_in_one_digest(tmp_path: Path) -> None:
    path = real_data() / "crypto" / "binance_raw" / "spot_btcusdt_20240808.gz"
    told(capture(path, *TERMS, "--json"))
    words = ["replay", "lake", "--bar", "1", "--json"]
    first, second = (json.loads(CliRunner().invoke(app, words).stdout) for _ in range(2))
    assert first["verdicts"] == 3 * 346, "a decision of each account at the end of each second"
    assert first["ledger_sha256"] == second["ledger_sha256"]
