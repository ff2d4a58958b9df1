"""Binance as its real client meets it: drops, holes, gaps, restarts, and a venue that talks nonsense."""

from __future__ import annotations

import asyncio
import json
import threading
from itertools import islice

import pytest
from websockets.asyncio.server import ServerConnection

from services.ingest.feeds.binance_wire import BinanceWire
from services.ingest.feeds.capture import read_lines
from services.ingest.feeds.events import Quote, Tick
from services.ingest.feeds.source_binance import BinanceDialect, instruments_of_binance
from services.ingest.files.steps import terms_of
from shared.failures import Refused
from shared.market import Instrument, Instruments
from tests.fixtures.feeds import BRISK, Listener, feed, vendor
from tests.fixtures.realdata import real_data
from tests.fixtures.venues import Reply, bitcoin, rest_venue, socket_venue

MS = 1_000_000
START_MS = 1_700_000_000_000


def trade(number: int) -> str:
    data = {"s": "BTCUSDT", "t": number, "p": "10.00", "q": "1.0", "T": START_MS + number, "m": True}
    return json.dumps({"stream": "btcusdt@trade", "data": data})


def depth(first: int, last: int, bid: str = "9.99") -> str:
    data = {"s": "BTCUSDT", "E": START_MS + last, "U": first, "u": last, "b": [[bid, "1"]], "a": []}
    return json.dumps({"stream": "btcusdt@depth@100ms", "data": data})


def past(number: int) -> dict[str, object]:
    return {"id": number, "price": "10", "qty": "1", "time": START_MS + number, "isBuyerMaker": True}


def history(path: str, params: dict[str, str]) -> Reply:
    """A venue that knows trades 1 … 20, two a page, and a book at 6."""
    if path == "/api/v3/historicalTrades":
        first = int(params["fromId"])
        return Reply(body=json.dumps([past(n) for n in range(first, min(first + 2, 21))]).encode())
    if path == "/api/v3/trades":
        return Reply(body=json.dumps([past(7)]).encode())
    if path == "/api/v3/aggTrades":
        first = int(params["startTime"]) - START_MS
        return Reply(body=json.dumps([{"a": 1, "f": first, "l": first, "T": START_MS + first}]).encode())
    if path == "/api/v3/depth":
        return Reply(body=b'{"lastUpdateId":6,"bids":[["9.98","1"]],"asks":[["10.01","2"]]}')
    return Reply(status=404)


async def confirmed(socket: ServerConnection) -> None:
    """Takes the subscription."""
    asked = json.loads(await socket.recv())
    assert asked["params"] == ["btcusdt@trade", "btcusdt@bookTicker", "btcusdt@depth@100ms"]
    await socket.send(json.dumps({"result": None, "id": asked["id"]}))


async def for_ever(socket: ServerConnection) -> None:
    """Stays, silent, until the client goes."""
    await socket.wait_closed()


def test_trades_come_and_a_hole_is_filled_over_rest_page_by_page() -> None:
    async def script(socket: ServerConnection, connection: int) -> None:
        await confirmed(socket)
        for number in (1, 7, 8):
            await socket.send(trade(number))
        await for_ever(socket)

    with (
        rest_venue(history) as rest,
        socket_venue(script) as url,
        feed(BinanceDialect(bitcoin(), vendor(rest), url)) as live,
    ):
        live.until(live.have(*range(1, 9)))
    counts = live.tracker.counts
    assert (counts.trade_gaps, counts.trades_filled, counts.trades_lost) == (1, 5, 0)


def test_after_a_dropped_connection_it_comes_back_and_nothing_is_missing() -> None:
    async def script(socket: ServerConnection, connection: int) -> None:
        await confirmed(socket)
        await socket.send(trade(1 if connection == 1 else 9))
        if connection == 1:
            socket.transport.abort()
        await for_ever(socket)

    with (
        rest_venue(history) as rest,
        socket_venue(script) as url,
        feed(BinanceDialect(bitcoin(), vendor(rest), url)) as live,
    ):
        live.until(live.have(*range(1, 10)))
    assert live.tracker.counts.reconnections >= 1
    assert any("the connection ended" in line for line in live.said)


def test_a_quiet_symbols_hole_shows_before_its_next_trade() -> None:
    async def script(socket: ServerConnection, connection: int) -> None:
        await confirmed(socket)
        if connection == 1:
            await socket.send(trade(3))
            return
        await for_ever(socket)

    with (
        rest_venue(history) as rest,
        socket_venue(script) as url,
        feed(BinanceDialect(bitcoin(), vendor(rest), url)) as live,
    ):
        live.until(live.have(3, 4, 5, 6, 7))


def test_what_the_venue_did_while_no_process_ran_is_fetched() -> None:
    async def script(socket: ServerConnection, connection: int) -> None:
        await confirmed(socket)
        await socket.send(trade(9))
        await for_ever(socket)

    with (
        rest_venue(history) as rest,
        socket_venue(script) as url,
        feed(BinanceDialect(bitcoin(), vendor(rest), url), from_ns=(START_MS + 4) * MS) as live,
    ):
        live.until(live.have(5, 6, 7, 8, 9))


class BookVenue:
    """A picture of the book at 6, changes up to 8; once that book was seen a gap, and a picture at 12."""

    def __init__(self, *after: str) -> None:
        self.seen = threading.Event()
        self._pictures = iter([6, 12])
        self._after = after

    def answers(self, path: str, params: dict[str, str]) -> Reply:
        """The next picture; trades of the past as ever."""
        if path != "/api/v3/depth":
            return history(path, params)
        body = {"lastUpdateId": next(self._pictures), "bids": [["9.98", "1"]], "asks": [["10.01", "2"]]}
        return Reply(body=json.dumps(body).encode())

    async def script(self, socket: ServerConnection, connection: int) -> None:
        """Two changes that follow the picture, then those that do not."""
        await confirmed(socket)
        await socket.send(depth(5, 6))
        await socket.send(depth(7, 8))
        await asyncio.to_thread(self.seen.wait, 10)
        for frame in (depth(11, 12, "9.97"), *self._after):
            await socket.send(frame)
        await for_ever(socket)

    def goes_on(self, live: Listener) -> None:
        """The book of the first picture was seen."""
        live.until(lambda: bool(live.tracker.books) and live.tracker.books[1].number == 8)
        self.seen.set()


def test_a_book_is_pictured_over_rest_and_pictured_again_after_a_gap() -> None:
    venue = BookVenue()
    with (
        rest_venue(venue.answers) as rest,
        socket_venue(venue.script) as url,
        feed(BinanceDialect(bitcoin(), vendor(rest), url)) as live,
    ):
        venue.goes_on(live)
        live.until(lambda: live.tracker.counts.pictures == 2)
        assert live.tracker.books[1].number == 12
    assert live.tracker.counts.book_gaps == 1


def test_nonsense_and_half_messages_cost_themselves_and_nothing_else() -> None:
    async def script(socket: ServerConnection, connection: int) -> None:
        await confirmed(socket)
        for frame in (trade(1), trade(2)[:40], "<html>", trade(2), b"\xff\xfe", trade(3)):
            await socket.send(frame)
        await for_ever(socket)

    with (
        rest_venue(history) as rest,
        socket_venue(script) as url,
        feed(BinanceDialect(bitcoin(), vendor(rest), url)) as live,
    ):
        live.until(live.have(1, 2, 3))
    counts = live.tracker.counts
    assert (counts.nonsense, counts.reconnections) == (3, 0)
    assert sum("is no message" in line for line in live.said) == 1


def test_a_venue_that_only_talks_nonsense_is_left() -> None:
    async def script(socket: ServerConnection, connection: int) -> None:
        await confirmed(socket)
        for _ in range(20 if connection == 1 else 0):
            await socket.send("?")
        await for_ever(socket)

    patience = BRISK._replace(nonsense=10)
    with (
        rest_venue(history) as rest,
        socket_venue(script) as url,
        feed(BinanceDialect(bitcoin(), vendor(rest), url), patience) as live,
    ):
        live.until(lambda: live.tracker.counts.connections == 2)
    assert any("10 frames in a row" in line for line in live.said)


@pytest.mark.parametrize("answer", ["", '{"error":{"code":2,"msg":"Invalid request"},"id":1}'])
def test_a_subscription_that_is_never_confirmed_is_tried_again(answer: str) -> None:
    async def script(socket: ServerConnection, connection: int) -> None:
        if connection > 1:
            await confirmed(socket)
            await socket.send(trade(1))
        elif answer:
            await socket.send(answer)
        for number in range(2, 200):
            await socket.send(trade(number))
            await asyncio.sleep(0.01)

    patience = BRISK._replace(ack_s=0.1)
    with (
        rest_venue(history) as rest,
        socket_venue(script) as url,
        feed(BinanceDialect(bitcoin(), vendor(rest), url), patience) as live,
    ):
        live.until(lambda: live.tracker.counts.connections == 2)
    assert any("was never confirmed" in line for line in live.said)
    assert live.tracker.counts.complaints == bool(answer)


def test_silence_ends_a_connection() -> None:
    async def script(socket: ServerConnection, connection: int) -> None:
        await confirmed(socket)
        await for_ever(socket)

    patience = BRISK._replace(silence_s=0.1)
    with (
        rest_venue(history) as rest,
        socket_venue(script) as url,
        feed(BinanceDialect(bitcoin(), vendor(rest), url), patience) as live,
    ):
        live.until(lambda: live.tracker.counts.connections >= 3)
    assert any("not a word for 0.1 s" in line for line in live.said)


def test_a_connection_is_renewed_before_the_venue_ends_it() -> None:
    async def script(socket: ServerConnection, connection: int) -> None:
        await confirmed(socket)
        for number in range(1, 20):
            await socket.send(trade(number))
            await asyncio.sleep(0.02)

    patience = BRISK._replace(age_s=0.15)
    with (
        rest_venue(history) as rest,
        socket_venue(script) as url,
        feed(BinanceDialect(bitcoin(), vendor(rest), url), patience) as live,
    ):
        live.until(lambda: live.tracker.counts.connections >= 2 and len(live.trades) > 8)
    assert any("before the venue ends this one" in line for line in live.said)
    assert len(set(live.trades)) == len(live.trades)


def test_a_full_queue_slows_the_reader_and_loses_no_trade() -> None:
    async def script(socket: ServerConnection, connection: int) -> None:
        await confirmed(socket)
        for number in range(1, 101):
            await socket.send(trade(number))
        await for_ever(socket)

    with (
        rest_venue(history) as rest,
        socket_venue(script) as url,
        feed(BinanceDialect(bitcoin(), vendor(rest), url), most_rows=5) as live,
    ):
        live.until(live.have(*range(1, 101)))
    assert live.tracker.counts.waits > 0


def test_a_hole_that_nobody_can_fill_is_counted_and_the_feed_goes_on() -> None:
    async def script(socket: ServerConnection, connection: int) -> None:
        await confirmed(socket)
        await socket.send(trade(1))
        await socket.send(trade(4))
        await for_ever(socket)

    with (
        rest_venue(lambda path, params: Reply(status=500)) as rest,
        socket_venue(script) as url,
        feed(BinanceDialect(bitcoin(), vendor(rest), url)) as live,
    ):
        live.until(lambda: live.tracker.counts.trades_lost == 2)
        live.until(live.have(1, 4))
    assert any("2 trades of a hole from 2 on are lost" in line for line in live.said)


def test_the_promise_waits_for_a_hole_that_is_being_filled() -> None:
    dialect = BinanceDialect(bitcoin(), vendor("http://127.0.0.1:9"), "ws://127.0.0.1:9")
    with feed(dialect, from_ns=(START_MS + 4) * MS) as live:
        live.until(lambda: live.tracker.counts.reconnections >= 1)
        assert live.line.queue.held_ns(0) is not None


TERMS = (
    b'{"symbols":[{"symbol":"BTCUSDT","quoteAsset":"USDT","filters":['
    b'{"filterType":"PRICE_FILTER","tickSize":"0.01000000"},{"filterType":"LOT_SIZE","stepSize":"0.00001000"}]}]}'
)


def test_more_symbols_than_a_connection_takes_are_refused() -> None:
    many = Instruments(Instrument(instrument=n, symbol=f"S{n}") for n in range(1, 343))
    with pytest.raises(Refused, match="one connection 341 symbols; 342 were asked for"):
        BinanceDialect(many, vendor("http://127.0.0.1:9"))


def test_instruments_are_made_of_the_venues_own_terms() -> None:
    asked: list[dict[str, str]] = []

    def answers(path: str, params: dict[str, str]) -> Reply:
        asked.append(params)
        return Reply(body=TERMS)

    with rest_venue(answers) as rest:
        assert list(instruments_of_binance(vendor(rest), ["BTCUSDT"])) == list(bitcoin())
    assert asked == [{"symbols": '["BTCUSDT"]'}]
    with rest_venue(lambda path, params: Reply(400, b'{"code":-1121}')) as rest, pytest.raises(Refused):
        instruments_of_binance(vendor(rest), ["NOPE"])


@pytest.mark.realdata
def test_a_recording_played_to_the_live_client_is_the_recording() -> None:
    """The first 3,000 recorded frames: the live rows are the capture's, and the book is its bookTicker's."""
    lines = list(
        islice(read_lines(real_data() / "crypto" / "binance_raw" / "spot_btcusdt_20240808.gz"), 3000)
    )
    picture = next(line.frame for line in lines if b"lastUpdateId" in line.frame)
    frames = [line.frame.decode() for line in lines if line.frame is not picture]

    async def script(socket: ServerConnection, connection: int) -> None:
        await confirmed(socket)
        for frame in frames[:20]:
            await socket.send(frame)
        await asyncio.sleep(0.5)
        for frame in frames[20:]:
            await socket.send(frame)
        await for_ever(socket)

    wire = BinanceWire(terms_of(bitcoin()))
    wanted = [event for frame in frames for event in wire.events(frame) if isinstance(event, Tick)]
    with (
        rest_venue(lambda path, params: Reply(body=picture)) as rest,
        socket_venue(script) as url,
        feed(BinanceDialect(bitcoin(), vendor(rest), url)) as live,
    ):
        live.until(lambda: len(live.rows) >= len(wanted), 60.0)
        live.until(lambda: live.tracker.counts.frames == len(frames) + 1)
    assert [row.tick for row in live.rows] == wanted
    last = [event for event in wanted if isinstance(event, Quote)]
    book = live.tracker.books[1]
    quote = [event for event in last if event.number <= book.number][-1]
    assert tuple(book.top()) == (quote.bid, quote.bid_size, quote.ask, quote.ask_size)
    assert live.tracker.counts.nonsense == live.tracker.counts.book_gaps == 0
