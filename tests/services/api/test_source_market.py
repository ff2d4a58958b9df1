"""The topic `market` is the log of vectors, told as conditions under the same numbers."""

from __future__ import annotations

import asyncio
from typing import cast

import msgspec
import pytest

from services.api.live import Event, Live
from services.api.record import Record
from services.api.source_market import TOPIC, MarketFeed, Source, source_of, told
from shared.codec import encode
from shared.engine.bus import Key
from shared.failures import Unavailable
from shared.market import Instrument
from shared.store.contract import RunRow, Store
from shared.store.memory import MemoryStore
from shared.streams import FEATURES
from tests.fixtures.gateway import MemoryFeed
from tests.services.api.test_market import AT, NAMES, SAID, plan, vectors

LOG = Key("features", 1)
SIGNALS = Key("signals", 0)
SOURCE = Source(NAMES, LOG)


async def known() -> Source:
    return SOURCE


def event(seq: int, *, empty: bool = False) -> Event:
    block = FEATURES.empty(watermark_ns=AT) if empty else vectors(AT, SAID)
    return Event(LOG, seq, encode(block))


def test_a_block_of_vectors_is_told_as_one_row_and_one_of_time_as_none() -> None:
    full, bare = told(event(4), SOURCE), told(event(5, empty=True), SOURCE)
    row = msgspec.json.decode(full.payload)["rows"][0]

    assert (full.key, full.seq, row["vix"], row["trend"]) == (TOPIC, 4, 17.25, "bullish")
    assert bare.payload.endswith(b'"rows":[]}')


def test_a_subscriber_hears_conditions_beside_other_topics_and_comes_back_where_it_was() -> None:
    feed = MemoryFeed([event(1), Event(SIGNALS, 1, b'{"rows":[1]}'), event(2), event(3, empty=True)])
    live = Live(MarketFeed(feed, known), MemoryFeed(), [SIGNALS, TOPIC])

    async def heard() -> list[tuple[str, int]]:
        found = []
        events = live.subscribe(["signals", "market"], {TOPIC: 1, SIGNALS: 0})
        async for one in events:
            assert one is not None
            found.append((one.key.stream, one.seq))
            if len(found) == 2:
                break
        await events.aclose()
        return sorted(found)

    assert asyncio.run(heard()) == [("market", 2), ("signals", 1)]


def test_other_logs_are_passed_on_as_they_are() -> None:
    feed = MarketFeed(MemoryFeed([Event(SIGNALS, 7, b"{}")]), known)

    async def asked() -> tuple[int, int]:
        return await feed.last(SIGNALS), (await feed.read({SIGNALS: 0}, 0.0))[0].seq

    assert asyncio.run(asked()) == (7, 7)


def test_the_log_is_that_of_the_first_instrument_of_the_run() -> None:
    store = MemoryStore()
    record = Record(cast(Store, store))
    with pytest.raises(Unavailable, match="not known yet"):
        asyncio.run(source_of(record, "desk")())
    store.open_run(RunRow(run="desk", mode="live", settings=plan().text()))
    store.save_instruments("desk", [Instrument(instrument=n, symbol=f"S{n}") for n in (9, 5)])
    found = asyncio.run(source_of(record, "desk")())

    assert found.names == NAMES
    assert found.log.stream == "features" and found.log.partition in (0, 1)
