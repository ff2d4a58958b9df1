"""A captured feed is read whole; what is broken is said and the rest is kept."""

from __future__ import annotations

import bisect
import gzip
from pathlib import Path

import pytest

from services.ingest.feeds.binance_wire import BinanceWire
from services.ingest.feeds.capture import read_capture, read_lines
from services.ingest.feeds.events import DepthChange, Quote
from services.ingest.feeds.tracker import FeedTracker
from services.ingest.files.steps import terms_of
from shared.failures import Refused
from tests.fixtures.realdata import real_data
from tests.fixtures.venues import bitcoin

MS = 1_000_000
LINES = [  # our ns, then the frame
    b'1000 {"stream":"btcusdt@depth@100ms","data":{"s":"BTCUSDT","E":3,"U":5,"u":6,"b":[["10","1"]],"a":[]}}',
    b'2000 {"stream":"btcusdt@trade","data":{"s":"BTCUSDT","t":7,"p":"10.01","q":"0.5","T":4,"m":false}}',
    b'3000 {"lastUpdateId":5,"bids":[["9.99","2.0"]],"asks":[["10.02","1.0"]]}',
    b'4000 {"stream":"btcusdt@bookTicker","data":{"u":6,"s":"BTCUSDT","b":"10","B":"1","a":"10.02","A":"1"}}',
    b'5000 {"stream":"btcusdt@trade","data":{"s":"BTCUSDT","t":9,"p":"10.02","q":"0.5","T":9,"m":true}}',
]


def captured(folder: Path, lines: list[bytes]) -> Path:
    path = folder / "feed.txt"
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def test_trades_quotes_and_changes_come_out_in_order_of_time(tmp_path: Path) -> None:
    capture = read_capture(captured(tmp_path, LINES), bitcoin())
    ticks = capture.tape.ticks
    assert ticks["kind"].tolist() == [1, 2, 1]
    assert ticks["price"].tolist() == [1001, 0, 1002]
    assert ticks["received_ns"].tolist() == [2000, 4000, 5000]
    assert ticks.watermark_ns == ticks["event_time_ns"][-1]
    assert capture.deltas["snapshot"].tolist() == [1, 1, 0]
    assert any("1 trade is missing in 1 gap of their numbers" in note for note in capture.tape.notes)


def test_a_packed_capture_is_the_same(tmp_path: Path) -> None:
    plain = captured(tmp_path, LINES)
    packed = tmp_path / "feed.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    one, other = read_capture(plain, bitcoin()), read_capture(packed, bitcoin())
    assert all((one.tape.ticks[name] == other.tape.ticks[name]).all() for name in one.tape.ticks.columns)


def test_broken_lines_are_said_and_the_rest_is_kept(tmp_path: Path) -> None:
    broken = [b"nonsense", LINES[1][:60], b"12 {}", *LINES]
    capture = read_capture(captured(tmp_path, broken), bitcoin())
    assert len(capture.tape.ticks) == 3
    said = "\n".join(capture.tape.notes)
    assert "1 × no `<ns> <frame>`" in said
    assert "1 × a frame of Binance is no message" in said
    assert "1 × a frame of Binance says nothing known" in said


def test_a_file_that_ends_in_the_middle_gives_what_came_before(tmp_path: Path) -> None:
    packed = gzip.compress(b"\n".join(LINES * 2_000))
    path = tmp_path / "half.gz"
    path.write_bytes(packed[: len(packed) // 2])
    capture = read_capture(path, bitcoin())
    assert len(capture.tape.ticks) >= 3
    assert any("breaks off inside its packing" in note for note in capture.tape.notes)


def test_a_capture_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no capture at"):
        read_capture(tmp_path / "none", bitcoin())
    with pytest.raises(Refused, match="holds no frames of BTCUSDT"):
        read_capture(captured(tmp_path, [b"1 {}"]), bitcoin())


@pytest.mark.realdata
def test_the_captured_book_equals_its_book_ticker_on_every_depth_event() -> None:
    path = real_data() / "crypto" / "binance_raw" / "spot_btcusdt_20240808.gz"
    wire, tracker = BinanceWire(terms_of(bitcoin())), FeedTracker()
    said = [
        (line.received_ns, event)
        for line in read_lines(path)
        for event in wire.events(line.frame, lambda _: "BTCUSDT")
    ]
    quotes = sorted((event.number, event) for _, event in said if isinstance(event, Quote))
    compared, depth_events = 0, 0
    for received_ns, event in said:
        tracker.take([event], received_ns)
        depth_events += isinstance(event, DepthChange)
        if not isinstance(event, DepthChange) or not tracker.books[1].following:
            continue
        book = tracker.books[1]
        _, quote = quotes[bisect.bisect_right(quotes, book.number, key=lambda pair: pair[0]) - 1]
        assert tuple(book.top()) == (quote.bid, quote.bid_size, quote.ask, quote.ask_size)
        compared += 1
    assert (depth_events, compared) == (3451, 3448)
    assert tracker.counts.book_gaps == tracker.counts.trade_gaps == 0


@pytest.mark.realdata
def test_the_capture_is_read_whole_and_its_clock_is_found_out() -> None:
    path = real_data() / "crypto" / "binance_raw" / "spot_btcusdt_20240808.gz"
    capture = read_capture(path, bitcoin())
    assert (capture.tape.ticks["kind"] == 1).sum() == 9757
    assert (capture.tape.ticks["kind"] == 2).sum() == 28040
    assert -1_280_000_000 < capture.skew_ns < -1_265_000_000
    assert "spot_btcusdt_20240808.gz: our clock was 1.275 s behind the venue's" in capture.tape.notes
