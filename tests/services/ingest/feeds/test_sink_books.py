"""Live books lie in the lake once their minute is over, or when the feed ends."""

from __future__ import annotations

import time
from bisect import bisect_right
from pathlib import Path
from queue import Queue

import pytest
from websockets.asyncio.server import ServerConnection

from services.ingest.feeds.binance_wire import BinanceWire
from services.ingest.feeds.book_rows import tops
from services.ingest.feeds.capture import read_lines
from services.ingest.feeds.events import DepthChange, DepthPicture, Quote
from services.ingest.feeds.rows import DepthRows
from services.ingest.feeds.sink_books import BookRecorder
from services.ingest.feeds.source_binance import BinanceDialect
from services.ingest.files.steps import terms_of
from services.ingest.tape import read_instruments
from shared.lake.folders import files_of
from shared.lake.parquet import read_stream
from shared.lake.writer import LakeWriter
from shared.streams import BOOK_DELTAS
from tests.fixtures.feeds import feed, vendor
from tests.fixtures.realdata import real_data
from tests.fixtures.venues import Reply, bitcoin, rest_venue, socket_venue
from tests.services.ingest.feeds.test_source_binance import BookVenue, confirmed, depth, for_ever

PICTURE = DepthRows(1, DepthPicture(1, 1, 5, ((10, 2),), ((12, 3),)))


def change(number: int) -> DepthRows:
    return DepthRows(number, DepthChange(1, number, number, number, 0, ((11, number),), ()))


def test_what_waits_is_kept_when_the_feed_ends(tmp_path: Path) -> None:
    recorder = BookRecorder(tmp_path, bitcoin(), print)
    recorder.put([PICTURE, change(6)])
    recorder.put([change(7)])
    recorder.close()
    assert [one.number for one in tops(read_stream(tmp_path, BOOK_DELTAS), 1)] == [5, 6, 7]
    assert [row.symbol for row in read_instruments(tmp_path)] == ["BTCUSDT"]


def test_a_minute_that_is_over_is_in_the_lake_while_the_feed_goes_on(tmp_path: Path) -> None:
    recorder = BookRecorder(tmp_path, bitcoin(), print, every_s=0.01)
    recorder.put([PICTURE])
    deadline = time.monotonic() + 10
    while not files_of(tmp_path, BOOK_DELTAS):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    recorder.put([change(6)])
    recorder.close()
    assert len(read_stream(tmp_path, BOOK_DELTAS)) == 3


def test_a_lake_that_somebody_else_writes_to_costs_a_line_and_no_feed(tmp_path: Path) -> None:
    said = Queue[str]()
    with LakeWriter(tmp_path):
        recorder = BookRecorder(tmp_path, bitcoin(), said.put)
        assert "books are no longer recorded" in said.get(timeout=10)
        recorder.put([PICTURE])
        assert recorder.waiting == 0
        recorder.close()
    assert said.empty()


def test_a_live_book_lies_in_the_lake_as_it_was_heard(tmp_path: Path) -> None:
    """Picture at 6, changes, a gap, a second picture at 12: what is read back is every state of the book."""
    venue = BookVenue(depth(13, 14, "10.00"))
    with (
        rest_venue(venue.answers) as rest,
        socket_venue(venue.script) as url,
        feed(
            BinanceDialect(bitcoin(), vendor(rest), url), books=BookRecorder(tmp_path, bitcoin(), print)
        ) as live,
    ):
        venue.goes_on(live)
        live.until(lambda: bool(live.tracker.books) and live.tracker.books[1].number == 14)
    found = tops(read_stream(tmp_path, BOOK_DELTAS), 1)
    assert [(one.number, one.top[0]) for one in found] == [(6, 998), (8, 999), (12, 998), (14, 1000)]


@pytest.mark.realdata
def test_recorded_depth_through_the_live_socket_is_in_the_lake_the_venues_own_book(tmp_path: Path) -> None:
    """Every recorded change goes over a socket; the lake's book equals the venue's best prices and sizes."""
    lines = list(read_lines(real_data() / "crypto" / "binance_raw" / "spot_btcusdt_20240808.gz"))
    picture = next(line.frame for line in lines if b"lastUpdateId" in line.frame)
    frames = [line.frame.decode() for line in lines if line.frame is not picture]

    changes = [frame for frame in frames if "depthUpdate" in frame]

    async def script(socket: ServerConnection, connection: int) -> None:
        await confirmed(socket)
        for frame in changes:
            await socket.send(frame)
        await for_ever(socket)

    with (
        rest_venue(lambda path, params: Reply(body=picture)) as rest,
        socket_venue(script) as url,
        feed(
            BinanceDialect(bitcoin(), vendor(rest), url),
            books=BookRecorder(tmp_path, bitcoin(), print, every_s=1.0),
        ) as live,
    ):
        live.until(lambda: live.tracker.counts.frames == len(changes) + 1, 60.0)
        live.until(lambda: live.tracker.counts.pictures == 1, 30.0)
    wire = BinanceWire(terms_of(bitcoin()))
    quotes = [event for frame in frames for event in wire.events(frame) if isinstance(event, Quote)]
    numbers = [quote.number for quote in quotes]
    found = [one for one in tops(read_stream(tmp_path, BOOK_DELTAS), 1) if one.number >= numbers[0]]
    for one in found:
        quote = quotes[bisect_right(numbers, one.number) - 1]
        assert tuple(one.top) == (quote.bid, quote.bid_size, quote.ask, quote.ask_size)
    assert len(found) > 3_000
    assert live.tracker.counts.book_gaps == 0
