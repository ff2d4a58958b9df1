"""massive's client against a server on this machine: the stream, its drops, and history through trouble."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from websockets.asyncio.server import ServerConnection

from services.ingest.feeds.events import Trade
from services.ingest.feeds.plan import FeedKeys, FeedPlan
from services.ingest.feeds.source_alpaca import us_equities
from services.ingest.feeds.source_client import ClientConnection
from services.ingest.feeds.source_polygon import PolygonClient, PolygonPast
from services.ingest.vendors.facade import Vendor
from shared.failures import Refused
from tests.fixtures.feeds import LIMITS, Listener
from tests.fixtures.venues import Reply, TestWorld, rest_venue, socket_venue

pytest.importorskip("massive", reason="the polygon extra is not installed")

KEYS = FeedKeys(polygon="k")
SHARES = us_equities(["MSFT"], "POLYGON")


def live_trade(number: int) -> str:
    said = {"ev": "T", "sym": "MSFT", "x": 4, "i": str(number), "p": 114.12, "s": 100, "c": [], "q": number}
    return json.dumps([{**said, "t": 1_536_036_818_000 + number}])


def history(path: str, params: dict[str, str]) -> Reply:
    """Trades 1, 2 and 3, two a page."""
    assert path == "/v3/trades/MSFT"
    first = max(1, (int(params["timestamp.gte"]) - 1_536_036_818_000_000_000) // 1_000_000)
    numbers = [number for number in (1, 2, 3) if number >= first][:2]
    trade = {"exchange": 4, "price": 114.12, "size": 100}
    at = 1_536_036_818_000_000_000
    rows = [{**trade, "id": str(n), "sip_timestamp": at + n * 1_000_000} for n in numbers]
    more = {"next_url": "https://elsewhere/"} if numbers[-1] < 3 else {}
    return Reply(body=json.dumps({"results": rows, "status": "OK", **more}).encode())


async def opened(socket: ServerConnection) -> None:
    """Greets, takes the key and the subscription."""
    await socket.send('[{"ev":"status","status":"connected","message":"Connected Successfully"}]')
    assert json.loads(await socket.recv()) == {"action": "auth", "params": "k"}
    await socket.send('[{"ev":"status","status":"auth_success","message":"authenticated"}]')
    asked = json.loads(await socket.recv())
    assert sorted(asked["params"].split(",")) == ["Q.MSFT", "T.MSFT"]
    await socket.send('[{"ev":"status","status":"success","message":"subscribed to: T.MSFT"}]')


def past(url: str, world: TestWorld | None = None) -> PolygonPast:
    def nobody(path: str, params: object) -> None:
        raise AssertionError(path)

    vendor = Vendor("polygon", nobody, (world or TestWorld()).world(), LIMITS)  # type: ignore[arg-type]
    return PolygonPast(FeedPlan(symbols=("MSFT",), rest_url=url), KEYS, SHARES, vendor)


@contextmanager
def live(socket_url: str, rest_url: str) -> Iterator[Listener]:
    plan = FeedPlan(symbols=("MSFT",), feed_url=socket_url.removesuffix("/stream"))

    def connected(heard: Listener) -> ClientConnection:
        client = PolygonClient(plan, KEYS, SHARES, past(rest_url))
        return ClientConnection(client, heard.tracker, heard.line, LIMITS.backoff, 1)

    with Listener.on(connected) as heard:
        yield heard


def test_the_library_streams_trades_and_a_drop_is_filled_without_doubles() -> None:
    async def script(socket: ServerConnection, connection: int) -> None:
        await opened(socket)
        if connection == 1:
            await socket.send(live_trade(1))
            await socket.send('[{"ev":"T","sym":"MSFT","p":-1}]')
            await socket.send("half a mess")
            socket.transport.abort()
        else:
            await socket.send(live_trade(3))
            await socket.wait_closed()

    with rest_venue(history) as rest, socket_venue(script) as url, live(url, rest) as heard:
        heard.until(lambda: len([row for row in heard.rows if isinstance(row.tick, Trade)]) >= 3, 30.0)
    numbers = sorted(row.time_ns // 1_000_000 % 1_000 for row in heard.rows)
    assert numbers == [1, 2, 3]
    assert heard.tracker.counts.connections == 2


def test_a_wrong_key_is_refused_with_the_mend() -> None:
    async def script(socket: ServerConnection, connection: int) -> None:
        await socket.send('[{"ev":"status","status":"connected","message":"Connected Successfully"}]')
        await socket.recv()
        await socket.send('[{"ev":"status","status":"auth_failed","message":"authentication failed"}]')
        await socket.wait_closed()

    with (
        socket_venue(script) as url,
        live(url, "http://127.0.0.1:9") as heard,
        pytest.raises(Refused) as caught,
    ):
        heard.until(lambda: False)
    assert "check keys.polygon" in str(caught.value)


def test_history_is_read_page_by_page() -> None:
    with rest_venue(history) as url:
        known = past(url).trades("MSFT", 1_536_036_818_000_000_000)
    assert sorted({str(each.key) for each in known}) == ["(1, 4, '1')", "(1, 4, '2')", "(1, 4, '3')"]


@pytest.mark.parametrize(
    ("trouble", "count"),
    [
        (Reply(429, b"{}"), "throttled"),
        (Reply(500, b"oops"), "broken"),
        (Reply(200, b'{"results":', cut=True), "unreachable"),
        (Reply(200, b"<html>"), "nonsense"),
    ],
)
def test_trouble_costs_a_line_and_a_count_and_the_answer_comes(trouble: Reply, count: str) -> None:
    script, world = [trouble], TestWorld()

    def answers(path: str, params: dict[str, str]) -> Reply:
        return script.pop() if script else history(path, params)

    with rest_venue(answers) as url:
        past_trades = past(url, world)
        assert len(past_trades.trades("MSFT", 1_536_036_818_003_000_000)) == 1
    counts = past_trades.vendor.counts
    assert getattr(counts, count) == counts.retries == len(world.said) == 1


def test_a_key_that_may_not_read_is_refused() -> None:
    with (
        rest_venue(lambda path, params: Reply(403, b'{"status":"NOT_AUTHORIZED"}')) as url,
        pytest.raises(Refused, match=r"answered 403: .*NOT_AUTHORIZED.*; check the key"),
    ):
        past(url).trades("MSFT", 0)


def test_a_busy_vendor_says_how_long_to_wait() -> None:
    script, world = [Reply(429, b"{}", (("Retry-After", "30"),))], TestWorld()
    with rest_venue(lambda path, params: script.pop() if script else history(path, params)) as url:
        past(url, world).trades("MSFT", 1_536_036_818_003_000_000)
    assert sum(world.slept) >= 30
