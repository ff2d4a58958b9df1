"""The newest blocks of a log, off a real bus; one that is away is said in one line."""

from __future__ import annotations

from typing import cast

import pytest
import redis

from shared.engine.bus import Key
from shared.store.contract import RunRow, Store
from shared.store.memory import MemoryStore
from tapeline.bus import newest
from tapeline.cli.outcome import Unreachable
from tests.fixtures.redis import redis_server

KEY = Key("features", 0)


def store() -> Store:
    made = MemoryStore()
    made.open_run(RunRow(run="desk", mode="live", bus_epoch=3))
    return cast(Store, made)


@pytest.mark.redis
def test_the_last_blocks_come_newest_first() -> None:
    with redis_server() as url:
        client = redis.Redis.from_url(url)
        for at in (1, 2, 3):
            client.xadd("tl:desk:3:features:0", {"b": str(at).encode()}, id=f"1-{at}")
        assert newest(store(), url, "desk", [KEY], 2) == [b"3", b"2"]


def test_a_bus_that_is_away_is_one_line() -> None:
    with pytest.raises(Unreachable, match="see `tapeline status`"):
        newest(store(), "redis://127.0.0.1:1", "desk", [KEY], 2)
