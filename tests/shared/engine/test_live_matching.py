"""The live order at the venue: ticks never wait for orders, and no order acts in the past."""

from __future__ import annotations

from shared.engine.bus import Key
from shared.engine.live_closes import read_heads
from shared.engine.live_matching import TELL_AFTER_NS, LiveMatching
from shared.engine.log import Turn
from shared.streams import TICKS, VENUE_ORDERS
from shared.time import END_OF_TAPE
from tests.fixtures.blocks import block

ORDERS_KEY = Key("venue_orders", 0)
LATENCY_NS = 5
BAR_NS = 100


def venue() -> LiveMatching:
    return LiveMatching(0, LATENCY_NS, BAR_NS, partitions=2)


def tick(matching: LiveMatching, watermark_ns: int, seq: int) -> None:
    for partition in (0, 1):
        made = block(TICKS, [watermark_ns - 1], watermark_ns=watermark_ns, partition=partition)
        matching.offer(Key("ticks", partition), made.numbered("t", seq, seq - 1))


def order(matching: LiveMatching, time_ns: int, seq: int) -> None:
    made = block(VENUE_ORDERS, [time_ns], watermark_ns=time_ns)
    matching.offer(ORDERS_KEY, made.numbered("t", seq, seq - 1))


def turn_of(matching: LiveMatching, now_ns: int = 0) -> Turn:
    turn = matching.turn(now_ns)
    assert turn is not None
    return turn


def orders_in(turn: Turn) -> list[int]:
    return [t for b in turn.blocks if b.stream is VENUE_ORDERS for t in b["event_time_ns"].tolist()]


def test_ticks_wait_for_every_partition_and_for_no_order() -> None:
    matching = venue()
    made = block(TICKS, [7], watermark_ns=20)
    matching.offer(Key("ticks", 0), made.numbered("t", 1, 0))
    assert matching.turn(0) is None
    matching.offer(Key("ticks", 1), block(TICKS, [], watermark_ns=30, partition=1).numbered("t", 1, 0))
    assert turn_of(matching).until_ns == 20


def test_an_order_in_time_keeps_its_time() -> None:
    matching = venue()
    tick(matching, 20, 1)
    turn_of(matching)
    order(matching, 20, 1)
    tick(matching, 40, 2)
    assert orders_in(turn_of(matching)) == [20]


def test_a_late_order_acts_at_the_venue_s_next_moment() -> None:
    matching = venue()
    tick(matching, 200, 1)
    turn_of(matching)
    order(matching, 20, 1)
    tick(matching, 240, 2)
    (moved,) = orders_in(turn_of(matching))
    assert moved + LATENCY_NS == 201


def test_only_turns_with_orders_are_journaled() -> None:
    matching = venue()
    tick(matching, 20, 1)
    assert turn_of(matching).refs == b""
    order(matching, 20, 1)
    tick(matching, 40, 2)
    heads = read_heads(turn_of(matching).refs)
    assert (heads.close_ns, heads.numbers) == (40, {"ticks:0": 2, "ticks:1": 2, "venue_orders:0": 1})
    tick(matching, 60, 3)
    assert turn_of(matching).refs == b""


def test_that_a_bar_is_over_is_told_when_its_decision_is_made() -> None:
    matching = venue()
    told = []
    moments = (0, TELL_AFTER_NS - 1, TELL_AFTER_NS, 2 * TELL_AFTER_NS, 3 * TELL_AFTER_NS, 4 * TELL_AFTER_NS)
    for seq, (watermark_ns, now_ns) in enumerate(
        zip((110, 120, 130, 190, 210, 220), moments, strict=True), 1
    ):
        tick(matching, watermark_ns, seq)
        told.append(not turn_of(matching, now_ns).quiet)
    assert told == [False, False, True, False, False, True]


def test_an_order_s_turn_is_told_at_once() -> None:
    matching = venue()
    order(matching, 20, 1)
    tick(matching, 40, 1)
    assert not turn_of(matching).quiet


def test_the_end_of_the_tape_is_reached_without_orders() -> None:
    matching = venue()
    for partition in (0, 1):
        end = block(TICKS, [], watermark_ns=END_OF_TAPE, partition=partition)
        matching.offer(Key("ticks", partition), end.numbered("t", 1, 0))
    turn = turn_of(matching)
    assert (turn.until_ns, turn.quiet) == (END_OF_TAPE, False)
