"""Coinbase as its real client meets it: drops, holes, crossed books, restarts."""

from __future__ import annotations

import json

import pytest
from websockets.asyncio.server import ServerConnection

from services.ingest.feeds.source_coinbase import CoinbaseDialect, instruments_of_coinbase
from services.ingest.feeds.tracker import WantedBook
from shared.failures import Refused
from shared.market import Instruments
from tests.fixtures.feeds import feed, vendor
from tests.fixtures.venues import BITCOIN_USD, Reply, rest_venue, socket_venue

COINS = Instruments([BITCOIN_USD])
START_NS = 1_700_000_000_000_000_000


def stamp(number: int) -> str:
    return f"2023-11-14T22:13:{20 + number:02}.5Z"


def match(number: int) -> str:
    said = {"type": "match", "product_id": "BTC-USD", "trade_id": number, "side": "sell"}
    return json.dumps({**said, "size": "1.0", "price": "10.00", "time": stamp(number)})


def pulse(number: int) -> str:
    said = {"type": "heartbeat", "product_id": "BTC-USD", "last_trade_id": number, "sequence": 1}
    return json.dumps({**said, "time": stamp(number)})


def snapshot(bid: str) -> str:
    said = {"type": "snapshot", "product_id": "BTC-USD", "bids": [[bid, "1"]], "asks": [["10.02", "2"]]}
    return json.dumps(said)


def update(side: str, price: str, size: str) -> str:
    said = {"type": "l2update", "product_id": "BTC-USD", "changes": [[side, price, size]], "time": stamp(1)}
    return json.dumps(said)


def history(path: str, params: dict[str, str]) -> Reply:
    """A venue that knows trades 1 … 7, three a page, the newest first."""
    if path != "/products/BTC-USD/trades":
        return Reply(status=404)
    after, limit = int(params.get("after", "8")), min(3, int(params["limit"]))
    numbers = range(after - 1, max(0, after - 1 - limit), -1)
    trade = {"side": "sell", "size": "1.0", "price": "10.00"}
    return Reply(body=json.dumps([{**trade, "trade_id": n, "time": stamp(n)} for n in numbers]).encode())


async def confirmed(socket: ServerConnection) -> None:
    """Takes the subscription."""
    asked = json.loads(await socket.recv())
    assert asked["product_ids"] == ["BTC-USD"]
    assert asked["channels"] == ["matches", "ticker", "level2_batch", "heartbeat"]
    await socket.send('{"type":"subscriptions","channels":[]}')


def test_a_hole_is_filled_over_rest_as_soon_as_a_heartbeat_shows_it() -> None:
    async def script(socket: ServerConnection, connection: int) -> None:
        await confirmed(socket)
        await socket.send(match(1))
        await socket.send(pulse(6))
        await socket.wait_closed()

    with (
        rest_venue(history) as rest,
        socket_venue(script) as url,
        feed(CoinbaseDialect(COINS, vendor(rest), url)) as live,
    ):
        live.until(live.have(1, 2, 3, 4, 5, 6))
    assert live.tracker.counts.trade_gaps == 1


def test_after_a_dropped_connection_nothing_is_missing_and_nothing_comes_twice() -> None:
    async def script(socket: ServerConnection, connection: int) -> None:
        await confirmed(socket)
        await socket.send(match(2 if connection == 1 else 7))
        if connection == 1:
            socket.transport.abort()
        await socket.wait_closed()

    with (
        rest_venue(history) as rest,
        socket_venue(script) as url,
        feed(CoinbaseDialect(COINS, vendor(rest), url)) as live,
    ):
        live.until(live.have(2, 3, 4, 5, 6, 7))


def test_a_crossed_book_is_left_and_joined_again() -> None:
    joined: list[tuple[str, list[str]]] = []

    async def script(socket: ServerConnection, connection: int) -> None:
        await confirmed(socket)
        for frame in (snapshot("10.00"), update("buy", "10.01", "3"), update("buy", "10.02", "1")):
            await socket.send(frame)
        for _ in range(2):
            asked = json.loads(await socket.recv())
            joined.append((asked["type"], asked["channels"]))
        await socket.send(snapshot("9.95"))
        await socket.wait_closed()

    with (
        rest_venue(history) as rest,
        socket_venue(script) as url,
        feed(CoinbaseDialect(COINS, vendor(rest), url)) as live,
    ):
        live.until(lambda: live.tracker.counts.pictures == 2)
        assert live.tracker.books[1].top().bid == 995
    assert joined == [("unsubscribe", ["level2_batch"]), ("subscribe", ["level2_batch"])]
    assert live.tracker.counts.book_gaps == 1


def test_what_the_venue_did_while_no_process_ran_is_fetched() -> None:
    async def script(socket: ServerConnection, connection: int) -> None:
        await confirmed(socket)
        await socket.wait_closed()

    from_ns = START_NS + 2_700_000_000
    with (
        rest_venue(history) as rest,
        socket_venue(script) as url,
        feed(CoinbaseDialect(COINS, vendor(rest), url), from_ns=from_ns) as live,
    ):
        live.until(live.have(3, 4, 5, 6, 7))


def test_of_a_time_before_all_history_nothing_is_known() -> None:
    with rest_venue(history) as rest:
        dialect = CoinbaseDialect(COINS, vendor(rest))
        assert dialect.last_before(1, 0) is None
        with pytest.raises(Refused, match="over the socket"):
            dialect.picture(WantedBook(1))


def test_instruments_are_made_of_the_venues_own_terms() -> None:
    products = {"id": "BTC-USD", "quote_currency": "USD", "base_increment": "0.00000001"}
    body = json.dumps([{**products, "quote_increment": "0.01"}]).encode()
    with rest_venue(lambda path, params: Reply(body=body)) as rest:
        assert list(instruments_of_coinbase(vendor(rest), ["BTC-USD"])) == [BITCOIN_USD]
