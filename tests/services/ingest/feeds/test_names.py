"""A feed by its name, from its vendor's terms to cuts on disk and bus."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection

from services.ingest.feeds.names import FEEDS, Wiring, feed_instruments, feed_source
from services.ingest.feeds.plan import NO_KEYS, FeedPlan
from services.ingest.live_stage import LiveStage
from services.ingest.stages import Outside, stages
from shared import settings
from shared.codec import decode
from shared.engine.context import Context
from shared.engine.memory_bus import MemoryBus, MemoryHub
from shared.engine.plan import RunPlan
from shared.metrics import Metrics
from shared.store.contract import RunRow
from shared.store.memory import MemoryStore
from tests.fixtures.venues import BITCOIN, BITCOIN_USD, Reply, bitcoin, rest_venue, socket_venue

TERMS = (
    b'{"symbols":[{"symbol":"BTCUSDT","quoteAsset":"USDT","filters":['
    b'{"filterType":"PRICE_FILTER","tickSize":"0.01000000"},{"filterType":"LOT_SIZE","stepSize":"0.00001000"}]}]}'
)
PRODUCTS = b'[{"id":"BTC-USD","quote_currency":"USD","base_increment":"0.00000001","quote_increment":"0.01"}]'


def answers(path: str, params: dict[str, str]) -> Reply:
    return Reply(body={"/api/v3/exchangeInfo": TERMS, "/products": PRODUCTS}.get(path, b"[]"))


async def market(socket: ServerConnection, connection: int) -> None:
    """Confirms, then a trade every few milliseconds, told at its time."""
    asked = json.loads(await socket.recv())
    await socket.send(json.dumps({"result": None, "id": asked["id"]}))
    for number in range(1, 31):
        data = {
            "s": "BTCUSDT",
            "t": number,
            "p": "10.00",
            "q": "1.0",
            "T": time.time_ns() // 10**6,
            "m": True,
        }
        await socket.send(json.dumps({"stream": "btcusdt@trade", "data": data}))
    await socket.wait_closed()


def until(come: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not come():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_every_feed_is_a_source_that_settings_know() -> None:
    assert set(FEEDS) == set(settings.FEEDS)
    for name in FEEDS:
        assert msgspec.convert({"source": name}, settings.Ingest).source == name
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"source": "nowhere"}, settings.Ingest)


def test_instruments_come_from_the_vendor_that_is_named() -> None:
    with rest_venue(answers) as url:
        coins = Wiring(FeedPlan(symbols=("BTCUSDT",), rest_url=url), NO_KEYS, print)
        assert list(feed_instruments("binance", coins)) == [BITCOIN]
        coins = Wiring(FeedPlan(symbols=("BTC-USD",), rest_url=url), NO_KEYS, print)
        assert list(feed_instruments("coinbase", coins)) == [BITCOIN_USD]


def test_a_feed_by_its_name_gives_cuts() -> None:
    with rest_venue(answers) as rest, socket_venue(market) as url:
        plan = FeedPlan(symbols=("BTCUSDT",), rest_url=rest, feed_url=url)
        source = feed_source("binance", Wiring(plan, NO_KEYS, lambda line: None), bitcoin(), 2)
        source.resume(0, 0)
        given: list[int] = []

        def enough() -> bool:
            for block in source.next(time.time_ns()) or ():
                given.extend(block["venue_seq"].tolist())
            return len(given) == 30

        until(enough)
        source.close()
    assert given == list(range(1, 31))


def test_the_stage_of_a_run_publishes_what_the_feed_gives(tmp_path: Path) -> None:
    with rest_venue(answers) as rest, socket_venue(market) as url:
        feed = FeedPlan(symbols=("BTCUSDT",), rest_url=rest, feed_url=url)
        plan = RunPlan(
            mode="live",
            interval_ns=10**9,
            accounts=(0,),
            source={"kind": "binance", **msgspec.to_builtins(feed)},
            model="",
            risk={},
            venue={},
            cash={},
            partitions=1,
        )
        store, hub = MemoryStore(), MemoryHub()
        store.open_run(RunRow(run="t", mode="live"))
        metrics = Metrics("ingest")
        context = Context("t", plan, bitcoin(), store, tmp_path, metrics=metrics)
        (stage,) = stages(context, Outside(say=lambda line: None))
        assert isinstance(stage, LiveStage)
        stage.run = "t"
        bus = MemoryBus(hub)
        bus.ensure(stage.outputs())
        bus.publish(stage.resume(bus, store))

        def published() -> bool:
            bus.publish(stage.advance(time.time_ns()).letters)
            held = bus.read(dict.fromkeys(stage.outputs(), 0), 0.0)
            rows = [len(decode(entry.payload)) for entries in held.values() for entry in entries]
            return sum(rows) == 30

        until(published)
        stage.advance(time.time_ns() + 2 * 10**9)
        assert 'tapeline_feed_ticks_total{feed="binance",service="ingest"} 30.0' in metrics.text().decode()
        stage._source.close()  # type: ignore[attr-defined]
        stage._log.close()
