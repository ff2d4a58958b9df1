"""A full queue gives up old quotes and nothing else; a hold holds until it is released or runs out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.feeds.events import Quote, Tick, Trade
from services.ingest.feeds.queue import FeedQueue
from services.ingest.feeds.rows import Received


def received(tick: Tick) -> Received:
    return Received(tick.time_ns, 0, tick)


def quote(instrument: int, number: int) -> Received:
    return received(Quote(instrument, number, 1, 2, 1, 1, number))


def trade(number: int) -> Received:
    return received(Trade(1, number, 1, 1, 1, number))


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 3)), max_size=60))
def test_no_trade_is_ever_dropped_and_every_last_quote_stays(said: list[tuple[bool, int]]) -> None:
    queue, dropped, rows = FeedQueue(10), 0, list[Received]()
    for number, (is_trade, instrument) in enumerate(said):
        row = trade(number) if is_trade else quote(instrument, number)
        rows.append(row)
        dropped += queue.put([row])
    left = queue.drain()
    assert len(left) + dropped == len(rows)
    assert [row for row in left if isinstance(row.tick, Trade)] == [
        row for row in rows if isinstance(row.tick, Trade)
    ]
    last = {row.tick.instrument: row for row in rows if isinstance(row.tick, Quote)}
    assert all(row in left for row in last.values())
    assert queue.drain() == []


def test_a_queue_full_of_trades_asks_its_writer_to_wait() -> None:
    queue = FeedQueue(3)
    assert queue.put([trade(n) for n in range(5)]) == 0
    assert queue.is_full
    assert len(queue.drain()) == 5
    assert not queue.is_full


def test_the_earliest_hold_counts_until_its_patience_runs_out() -> None:
    queue = FeedQueue()
    assert queue.held_ns(0) is None
    queue.hold("a", 50, 100)
    queue.hold("b", 70, 200)
    assert queue.held_ns(99) == 50
    assert queue.held_ns(100) == 70
    queue.release("b")
    queue.release("never held")
    assert queue.held_ns(100) is None
