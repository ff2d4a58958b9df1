"""Events off a real Redis, under the numbers that their writers gave."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest
import redis

from services.api.record import Record
from services.api.source_bus import RedisFeed
from shared.engine.bus import Key
from shared.failures import Unavailable
from shared.store.contract import RunRow, Store
from shared.store.memory import MemoryStore
from tests.fixtures.redis import redis_server

KEY = Key("signals", 0)


def record() -> Record:
    store = MemoryStore()
    store.open_run(RunRow(run="desk", mode="live", bus_epoch=3))
    return Record(cast(Store, store))


@pytest.mark.redis
def test_entries_above_a_number_are_read_in_order() -> None:
    with redis_server() as url:
        client = redis.Redis.from_url(url)
        client.xadd("tl:desk:3:signals:0", {"genesis": b"1"}, id="0-1")
        for at in (2, 3, 4):
            client.xadd("tl:desk:3:signals:0", {"b": b"{}"}, id=f"1-{at}")

        async def read() -> tuple[int, list[int]]:
            feed = RedisFeed(url, "desk", record())
            last = await feed.last(KEY)
            found = await feed.read({KEY: (1 << 40) + 2}, 0.1)
            await feed.close()
            return last, [event.seq for event in found]

        last, found = asyncio.run(read())

    assert last == (1 << 40) + 4
    assert found == [(1 << 40) + 3, (1 << 40) + 4]


def test_a_bus_that_is_away_is_unavailable() -> None:
    async def ask() -> None:
        await RedisFeed("redis://127.0.0.1:1", "desk", record()).last(KEY)

    with pytest.raises(Unavailable):
        asyncio.run(ask())
