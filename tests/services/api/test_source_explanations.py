"""The topic `explanations` brings each close that was explained once, and what was missed after a break."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import cast

import msgspec
import pytest

from services.api.events import event_id, seen
from services.api.live import BACKLOG, Event, Live
from services.api.record import Record
from services.api.source_explanations import TOPIC, ExplanationsFeed
from shared.engine.bus import Key
from shared.failures import Unavailable
from shared.market import Instrument
from shared.store.contract import RunRow, Store
from shared.store.memory import MemoryStore
from tests.fixtures.gateway import RUN, MemoryFeed
from tests.services.api.test_explanations import WHY

SIGNALS = Key("signals", 0)


class Desk:
    """A record with explanations, and the feeds over it."""

    def __init__(self) -> None:
        self.store, self.bus, self.now_s = MemoryStore(), MemoryFeed(), 0.0
        self.store.open_run(RunRow(run=RUN, mode="live"))
        self.store.save_instruments(RUN, [Instrument(instrument=1, symbol="ACME")])
        record = Record(cast(Store, self.store))
        self.feed, self.spare = (
            ExplanationsFeed(each, record, RUN, lambda: self.now_s) for each in (self.bus, MemoryFeed())
        )
        self.live = Live(self.feed, self.spare, [SIGNALS, TOPIC])

    def explain(self, *times: int, instrument: int = 1) -> None:
        """What a look of the watch keeps."""
        self.store.save_explanations(
            [msgspec.structs.replace(WHY, event_time_ns=time, instrument=instrument) for time in times]
        )

    async def heard(self, topics: list[str], place: dict[Key, int], count: int) -> list[Event]:
        """The next events of a client that comes back."""
        found = list[Event]()
        async with aclosing(self.live.subscribe(topics, place)) as events:
            async for one in events:
                assert one is not None
                found.append(one)
                if len(found) == count:
                    return found
        return found


def test_a_client_that_comes_back_gets_the_closes_that_it_missed_each_as_one_block() -> None:
    desk = Desk()
    desk.explain(5, 7, 9)
    desk.explain(7, instrument=2)
    found = asyncio.run(desk.heard(["explanations"], {TOPIC: 5}, 2))
    assert [one.seq for one in found] == [7, 9]
    block = msgspec.json.decode(found[0].payload)
    assert (block["stream"], block["seq"]) == ("explanations", 7)
    assert [(row["instrument"], row["symbol"], row["of"]) for row in block["rows"]] == [
        (1, "ACME", "buy"),
        (2, None, "buy"),
    ]
    assert seen(event_id({TOPIC: 1_767_225_600_000_000_000})) == {TOPIC: 1_767_225_600_000_000_000}


def test_new_ones_come_beside_other_topics_and_the_record_is_asked_once_a_second() -> None:
    desk = Desk()
    desk.bus.events.append(Event(SIGNALS, 1, b'{"rows":[1]}'))
    desk.explain(5)

    async def reads() -> list[list[tuple[str, int]]]:
        looks = []
        for after in (0, 0, 0):
            found = await desk.feed.read({SIGNALS: 0, TOPIC: after}, 1.0)
            looks.append([(one.key.stream, one.seq) for one in found])
            desk.now_s += 0.6
        return looks

    both = [("signals", 1), ("explanations", 5)]
    assert asyncio.run(reads()) == [both, both[:1], both]


def test_they_come_while_the_bus_is_away() -> None:
    desk = Desk()
    desk.bus.is_up = False
    desk.explain(5, 6)
    assert asyncio.run(desk.feed.last(TOPIC)) == 6
    assert [one.seq for one in asyncio.run(desk.heard(["explanations"], {TOPIC: 5}, 1))] == [6]
    with pytest.raises(Unavailable):
        asyncio.run(desk.feed.last(SIGNALS))


def test_a_long_absence_is_made_up_for_without_cutting_a_close_in_two() -> None:
    desk = Desk()
    for instrument in range(3):
        desk.explain(*range(1, BACKLOG + 1), instrument=instrument)

    async def all_of_them() -> dict[int, int]:
        after, rows = 0, {}
        while found := await desk.feed.read({TOPIC: after}, 0.0):
            for one in found:
                rows[one.seq] = len(msgspec.json.decode(one.payload)["rows"])
            after = found[-1].seq
        return rows

    assert asyncio.run(all_of_them()) == dict.fromkeys(range(1, BACKLOG + 1), 3)
    assert [one.seq for one in asyncio.run(desk.feed.newest(TOPIC, 2))] == [BACKLOG, BACKLOG - 1]
