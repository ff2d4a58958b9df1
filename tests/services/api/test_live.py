"""A live client misses nothing and repeats nothing, and a slow one is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest

from services.api.live import QUEUE, Event, Live, Subscriber
from shared.engine.bus import Key
from tests.fixtures.gateway import MemoryFeed

SIGNALS, FILLS = Key("signals", 0), Key("fills", 0)


def event(seq: int, key: Key = SIGNALS, rows: str = "{}") -> Event:
    return Event(key, seq, b'{"rows":[' + rows.encode() + b"]}")


@asynccontextmanager
async def running(live: Live) -> AsyncIterator[None]:
    reader = asyncio.create_task(live.run())
    try:
        yield
    finally:
        reader.cancel()


def test_a_client_that_comes_back_gets_what_it_missed_and_then_what_is_new() -> None:
    feed = MemoryFeed([event(at) for at in range(1, 5)])
    live = Live(feed, MemoryFeed(), [SIGNALS])

    async def follow() -> list[int]:
        seen: list[int] = []
        async with running(live), aclosing(live.subscribe(["signals"], {SIGNALS: 2})) as events:
            async for found in events:
                assert found is not None
                seen.append(found.seq)
                if found.seq == 4:
                    feed.events += [event(5), event(6, rows=""), event(7)]
                if found.seq == 7:
                    return seen
        return seen

    assert asyncio.run(follow()) == [3, 4, 5, 7]


def test_a_client_gets_only_the_topics_that_it_asked_for() -> None:
    feed = MemoryFeed()
    live = Live(feed, MemoryFeed(), [SIGNALS, FILLS])

    async def follow() -> Key:
        async with running(live), aclosing(live.subscribe(["fills"], {FILLS: 0})) as events:
            feed.events += [event(1), event(1, FILLS)]
            found = await anext(events)
            assert found is not None
            return found.key

    assert asyncio.run(follow()) == FILLS


def test_while_the_bus_is_away_events_come_from_the_record() -> None:
    live = Live(MemoryFeed(is_up=False), MemoryFeed([event(1), event(2)]), [SIGNALS])

    async def follow() -> int:
        async with aclosing(live.subscribe(["signals"], {SIGNALS: 1})) as events:
            found = await anext(events)
            assert found is not None
            return found.seq

    assert asyncio.run(follow()) == 2


def test_a_client_that_does_not_read_is_marked_and_holds_nobody_up() -> None:
    subscriber = Subscriber([SIGNALS], {})

    for at in range(QUEUE + 1):
        subscriber.offer(event(at))

    assert subscriber.is_late
    assert subscriber.queue.qsize() == QUEUE


@pytest.mark.parametrize("topic", ["signals", "fills"])
def test_topics_name_their_logs(topic: str) -> None:
    assert Live(MemoryFeed(), MemoryFeed(), [SIGNALS, FILLS]).topics[topic] == [Key(topic, 0)]
