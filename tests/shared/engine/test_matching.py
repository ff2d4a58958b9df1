"""The strict order at the venue: never past the orders' promise plus their latency."""

from __future__ import annotations

import pytest

from shared.engine.bus import Key
from shared.engine.log import Turn
from shared.engine.matching import StrictMatching
from shared.streams import TICKS, VENUE_ORDERS
from shared.time import END_OF_TAPE
from tests.fixtures.blocks import block

ORDERS_KEY = Key("venue_orders", 0)


def offer_ticks(venue: StrictMatching, partition: int, times: list[int], watermark_ns: int, seq: int) -> None:
    made = block(TICKS, times, watermark_ns=watermark_ns, partition=partition)
    venue.offer(Key("ticks", partition), made.numbered("t", seq, seq - 1))


def promise(venue: StrictMatching, watermark_ns: int, seq: int, orders: tuple[int, ...] = ()) -> None:
    made = block(VENUE_ORDERS, list(orders), watermark_ns=watermark_ns)
    venue.offer(ORDERS_KEY, made.numbered("t", seq, seq - 1))


def picture(turn: Turn | None) -> list[tuple[str, int, list[int]]]:
    assert turn is not None
    return [(b.stream.name, b.partition, b["event_time_ns"].tolist()) for b in turn.blocks]


def test_an_order_without_latency_is_refused() -> None:
    with pytest.raises(ValueError, match="at less than 1 ns"):
        StrictMatching(0, 0, 60)


def test_ticks_go_only_to_the_promise_plus_the_latency() -> None:
    venue = StrictMatching(0, latency_ns=5, interval_ns=10, partitions=2)
    for p in (0, 1):
        offer_ticks(venue, p, [8, 14, 15], 40, seq=1)
    assert venue.turn(0) is None
    promise(venue, 9, seq=1)
    turn = venue.turn(0)
    assert [rows[2] for rows in picture(turn)] == [[8, 8, 14, 14], []]
    assert turn is not None and turn.until_ns == 14 and not turn.quiet
    assert venue.turn(0) is None


def test_orders_are_handed_over_before_the_ticks_they_may_meet() -> None:
    venue = StrictMatching(0, latency_ns=1, interval_ns=10, partitions=1)
    offer_ticks(venue, 0, [10, 11, 12], 30, seq=1)
    promise(venue, 19, seq=1, orders=(10,))
    assert [name for name, _, _ in picture(venue.turn(0))] == ["venue_orders", "ticks", "ticks"]


def test_a_horizon_that_no_decision_waits_for_is_quiet() -> None:
    venue = StrictMatching(0, latency_ns=1, interval_ns=10, partitions=1)
    promise(venue, 19, seq=1)
    offer_ticks(venue, 0, [3], 5, seq=1)
    turn = venue.turn(0)
    assert turn is not None and turn.quiet
    offer_ticks(venue, 0, [], 30, seq=2)
    turn = venue.turn(0)
    assert turn is not None and not turn.quiet and turn.until_ns == 20


def test_the_end_of_the_tape_is_reached() -> None:
    venue = StrictMatching(0, latency_ns=7, interval_ns=10, partitions=1)
    promise(venue, END_OF_TAPE, seq=1)
    offer_ticks(venue, 0, [3], END_OF_TAPE, seq=1)
    turn = venue.turn(0)
    assert turn is not None and turn.until_ns == END_OF_TAPE and not turn.quiet


def test_a_restart_goes_on_in_the_middle_of_a_block() -> None:
    venue = StrictMatching(0, latency_ns=1, interval_ns=10, partitions=1)
    promise(venue, 9, seq=1)
    offer_ticks(venue, 0, [4, 10, 11, 15], 40, seq=1)
    assert picture(venue.turn(0))[0] == ("ticks", 0, [4, 10])
    again = StrictMatching(0, latency_ns=1, interval_ns=10, partitions=1)
    again.resume(venue.cursors(), venue.until_ns, venue.promise_ns)
    assert again.positions() == {Key("ticks", 0): 0, ORDERS_KEY: 1}
    offer_ticks(again, 0, [4, 10, 11, 15], 40, seq=1)
    promise(again, 19, seq=2)
    assert picture(again.turn(0))[0] == ("ticks", 0, [11, 15])


def test_enough_waiting_ticks_hold_back_the_reader_but_never_within_two_bars() -> None:
    venue = StrictMatching(0, latency_ns=1, interval_ns=10, partitions=1)
    venue.enough_rows = 2
    promise(venue, 9, seq=1)
    offer_ticks(venue, 0, [11, 12, 13], 20, seq=1)
    venue.turn(0)
    assert Key("ticks", 0) in venue.positions()
    offer_ticks(venue, 0, [40], 60, seq=2)
    assert Key("ticks", 0) not in venue.positions()
