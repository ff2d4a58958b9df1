"""alpaca-py against a server on this machine: the stream, its drops, and history through trouble."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import pytest
from websockets.asyncio.server import ServerConnection

from services.ingest.feeds import source_alpaca
from services.ingest.feeds.events import Candle, Quote, Trade
from services.ingest.feeds.names import Wiring, feed_instruments
from services.ingest.feeds.plan import FeedKeys, FeedPlan
from services.ingest.feeds.source_alpaca import AlpacaClient, AlpacaPast, us_equities
from services.ingest.feeds.source_client import ClientConnection
from services.ingest.vendors.facade import Vendor
from shared.failures import BadInput, Refused, Unavailable
from tests.fixtures.feeds import LIMITS, Listener
from tests.fixtures.venues import Reply, TestWorld, rest_venue, socket_venue

msgpack = pytest.importorskip("msgpack", reason="the alpaca extra is not installed")
pytest.importorskip("alpaca", reason="the alpaca extra is not installed")

KEYS = FeedKeys(alpaca_key="k", alpaca_secret="s")
SHARES = us_equities(["AAPL", "AMD"], "ALPACA")
TRADES = {
    "trades": {
        "AAPL": [
            {
                "t": "2021-10-13T08:00:00.08960768Z",
                "x": "P",
                "p": 140.2,
                "s": 595,
                "c": ["@", "T"],
                "i": 1,
                "z": "C",
            },
            {
                "t": "2021-10-13T08:00:01.024327168Z",
                "x": "P",
                "p": 140.1,
                "s": 6,
                "c": ["@", "T", "I"],
                "i": 2,
            },
        ]
    },
    "next_page_token": None,
}


def live_trade(number: int, second: int) -> dict[str, object]:
    stamp = msgpack.Timestamp(1_634_112_000 + second, 500)
    return {
        "T": "t",
        "S": "AAPL",
        "i": number,
        "x": "P",
        "p": 140.25,
        "s": 3,
        "c": ["@"],
        "t": stamp,
        "z": "C",
    }


async def opened(socket: ServerConnection) -> None:
    """Greets, takes the key and the subscription."""
    await socket.send(msgpack.packb([{"T": "success", "msg": "connected"}]))
    assert msgpack.unpackb(await socket.recv()) == {"action": "auth", "key": "k", "secret": "s"}
    await socket.send(msgpack.packb([{"T": "success", "msg": "authenticated"}]))
    asked = msgpack.unpackb(await socket.recv())
    assert (asked["trades"], asked["quotes"]) == (["AAPL", "AMD"], ["AAPL", "AMD"])
    await socket.send(msgpack.packb([{"T": "subscription", "trades": ["AAPL", "AMD"]}]))


def past(url: str, world: TestWorld | None = None) -> AlpacaPast:
    def nobody(path: str, params: object) -> None:
        raise AssertionError(path)

    vendor = Vendor("alpaca", nobody, (world or TestWorld()).world(), LIMITS)  # type: ignore[arg-type]
    return AlpacaPast(FeedPlan(symbols=("AAPL", "AMD"), rest_url=url), KEYS, SHARES, vendor)


@contextmanager
def live(socket_url: str, rest_url: str) -> Iterator[Listener]:
    plan = FeedPlan(symbols=("AAPL", "AMD"), feed_url=socket_url)

    def connected(heard: Listener) -> ClientConnection:
        client = AlpacaClient(plan, KEYS, SHARES, past(rest_url))
        return ClientConnection(client, heard.tracker, heard.line, LIMITS.backoff, 1)

    with Listener.on(connected) as heard:
        yield heard


def test_the_library_streams_trades_and_quotes_and_a_drop_is_filled() -> None:
    async def script(socket: ServerConnection, connection: int) -> None:
        await opened(socket)
        if connection == 1:
            quote = {"T": "q", "S": "AMD", "bp": 91.95, "bs": 2, "ap": 91.98, "as": 1, "c": ["R"]}
            stamp = msgpack.Timestamp(1_634_112_000, 1)
            await socket.send(msgpack.packb([live_trade(1, 0), {**quote, "t": stamp}, {"T": "?"}]))
            await socket.send(b"half a mess")
        else:
            await socket.send(msgpack.packb([live_trade(3, 9)]))

    answers = json.loads(json.dumps(TRADES))
    answers["trades"]["AAPL"][0] |= {"t": "2021-10-13T08:00:00.0000005Z"}
    with (
        rest_venue(lambda path, params: Reply(body=json.dumps(answers).encode())) as rest,
        socket_venue(script) as url,
        live(url, rest) as heard,
    ):
        heard.until(lambda: len([row for row in heard.rows if isinstance(row.tick, Trade)]) >= 3, 30.0)
    trades = sorted((row.tick for row in heard.rows if isinstance(row.tick, Trade)), key=lambda t: t.time_ns)
    assert [trade.price for trade in trades] == [14_025, 14_010, 14_025]
    assert [row.tick.bid_size for row in heard.rows if isinstance(row.tick, Quote)] == [200]
    assert heard.tracker.counts.trades_filled == 1


def test_history_is_read_page_by_page() -> None:
    def answers(path: str, params: dict[str, str]) -> Reply:
        assert path == "/v2/stocks/trades"
        page = {**TRADES, "next_page_token": None if "page_token" in params else "more"}
        return Reply(body=json.dumps(page).encode())

    with rest_venue(answers) as url:
        known = past(url).trades(1_634_112_000_000_000_000)
    assert len(known) == 4
    assert known[0].tick == Trade(1, 1_634_112_000_089_607_680, 14_020, 595, 0, 0, 5)


def test_bars_and_quotes_of_history_are_read() -> None:
    bar = {"t": "2022-02-01T05:00:00Z", "o": 174, "h": 174.84, "l": 172.31, "c": 174.61, "v": 85998033}
    quote = {"t": "2022-02-01T05:00:00Z", "bp": 1.5, "bs": 1, "ap": 1.6, "as": 2, "c": []}

    def answers(path: str, params: dict[str, str]) -> Reply:
        kind = path.rsplit("/", 1)[1]
        rows = {"bars": bar, "quotes": quote}[kind]
        return Reply(body=json.dumps({kind: {"AAPL": [rows]}, "next_page_token": None}).encode())

    with rest_venue(answers) as url:
        history = past(url)
        (day,) = history.bars(0, 10**18, "day")
        (best,) = history.quotes(0, 10**18)
    assert isinstance(day.tick, Candle)
    assert (day.tick.close, day.tick.volume) == (17_461, 85_998_033)
    assert isinstance(best.tick, Quote)
    assert (best.tick.bid, best.tick.ask_size) == (150, 200)


GOOD = Reply(body=json.dumps(TRADES).encode())


@pytest.mark.parametrize(
    ("trouble", "count"),
    [
        (Reply(429, b'{"message":"too many requests."}', (("Retry-After", "3"),)), "throttled"),
        (Reply(500, b"oops"), "broken"),
        (Reply(200, b'{"trades":', cut=True), "unreachable"),
        (Reply(200, b"<html>"), "nonsense"),
        (Reply(200, b"[1]"), "nonsense"),
    ],
)
def test_trouble_costs_a_line_and_a_count_and_the_answer_comes(trouble: Reply, count: str) -> None:
    script, world = [trouble, GOOD], TestWorld()
    with rest_venue(lambda path, params: script.pop(0)) as url:
        history = past(url, world)
        assert len(history.trades(0)) == 2
    assert getattr(history.vendor.counts, count) == history.vendor.counts.retries == len(world.said) == 1
    assert count != "throttled" or sum(world.slept) == pytest.approx(3.0, abs=0.1)


def test_a_wrong_key_is_refused_with_the_mend() -> None:
    with (
        rest_venue(lambda path, params: Reply(403, b"forbidden")) as url,
        pytest.raises(Refused, match="check the key"),
    ):
        past(url).trades(0)


def test_a_vendor_that_stays_down_is_unavailable() -> None:
    with rest_venue(lambda path, params: Reply(500, b"oops")) as url, pytest.raises((Unavailable, BadInput)):
        past(url).trades(0)


def test_a_server_that_goes_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_alpaca, "TIMEOUT_S", 0.05)
    over = Event()

    def silent(path: str, params: dict[str, str]) -> Reply:
        over.wait(10)
        return Reply()

    with rest_venue(silent) as url:
        with pytest.raises(Unavailable, match="timed out"):
            past(url).trades(0)
        over.set()


def test_shares_trade_in_cents_at_the_exchanges_hours() -> None:
    wiring = Wiring(FeedPlan(symbols=("AAPL", "AMD")), KEYS, print)
    assert list(feed_instruments("alpaca", wiring)) == list(SHARES)
    assert {row.calendar for row in SHARES} == {"XNYS"}
