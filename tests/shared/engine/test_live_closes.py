"""The live order at risk: by arrival and with a grace; and what its journal names can be repeated."""

from __future__ import annotations

from random import Random

import pytest

from shared.block import Block
from shared.engine.bus import Key
from shared.engine.live_closes import LiveCloses, RepeatedCloses, read_heads
from shared.engine.log import Turn
from shared.streams import BARS, CONTROL, FILLS, PREDICTIONS
from tests.fixtures.blocks import block

GRACE_NS = 100
MARKET = (BARS, PREDICTIONS)
FILLS_KEY = Key("fills", 0)
CONTROL_KEY = Key("control", 0)


def live() -> LiveCloses:
    return LiveCloses(MARKET, 2, FILLS, 0, GRACE_NS)


def offer(closes: LiveCloses, partition: int, times: list[int], watermark_ns: int, seq: int = 1) -> None:
    for stream in MARKET:
        rows = {"instrument": [partition] * len(times)}
        made = block(stream, times, watermark_ns=watermark_ns, partition=partition, **rows)
        closes.offer(Key(stream.name, partition), made.numbered("t", seq, seq - 1))


def fill(time_ns: int, seq: int) -> Block:
    return block(FILLS, [time_ns], watermark_ns=time_ns).numbered("t", seq, seq - 1)


def halt(closes: LiveCloses, seq: int = 1) -> None:
    made = block(CONTROL, [7_000 * seq], watermark_ns=7_000 * seq, command=[1])
    closes.offer(CONTROL_KEY, made.numbered("t", seq, seq - 1))


def seen(turn: Turn | None) -> list[tuple[str, list[int]]]:
    assert turn is not None
    return [(b.stream.name, b["instrument"].tolist()) for b in turn.blocks]


def names(turn: Turn | None) -> list[str]:
    assert turn is not None
    return [b.stream.name for b in turn.blocks]


def test_a_whole_market_is_decided_at_once_and_waits_for_no_fill() -> None:
    closes = live()
    offer(closes, 0, [10], 10)
    offer(closes, 1, [10], 10)
    turn = closes.turn(0)
    assert seen(turn) == [("bars", [0, 1]), ("predictions", [0, 1])]
    assert turn is not None and (turn.until_ns, turn.promise_ns) == (10, 10)


def test_who_is_missing_when_the_grace_is_over_is_left_out() -> None:
    closes = live()
    offer(closes, 0, [10], 19)
    assert closes.turn(1_000) is None
    assert closes.turn(1_000 + GRACE_NS - 1) is None
    assert closes.patience_s(1_000) == pytest.approx(0.001)
    assert seen(closes.turn(1_000 + GRACE_NS)) == [("bars", [0]), ("predictions", [0])]


def test_the_grace_of_each_close_begins_when_that_close_is_first_seen() -> None:
    closes = live()
    offer(closes, 0, [10, 20], 29)
    assert closes.turn(0) is None
    assert closes.turn(GRACE_NS) is not None
    assert closes.turn(GRACE_NS) is None
    assert closes.turn(2 * GRACE_NS) is not None


def test_rows_for_a_close_that_was_decided_are_late_and_counted() -> None:
    closes = live()
    offer(closes, 0, [10], 19)
    closes.turn(0)
    closes.turn(GRACE_NS)
    offer(closes, 1, [10], 19)
    assert closes.late_rows == 2
    assert closes.turn(GRACE_NS) is None


def test_a_fill_counts_when_it_arrives_whatever_its_time() -> None:
    closes = live()
    offer(closes, 0, [10], 19)
    offer(closes, 1, [10], 19)
    closes.offer(FILLS_KEY, fill(15, 1))
    turn = closes.turn(0)
    assert turn is not None and turn.blocks[0]["event_time_ns"].tolist() == [15]
    assert closes.cursors()[FILLS_KEY].seq == 1


def test_a_command_acts_before_the_next_decision_whatever_its_time() -> None:
    closes = live()
    halt(closes)
    assert closes.turn(0) is None
    offer(closes, 0, [10], 10)
    offer(closes, 1, [10], 10)
    assert names(closes.turn(0)) == ["control", "bars", "predictions"]
    offer(closes, 0, [20], 20, seq=2)
    offer(closes, 1, [20], 20, seq=2)
    assert names(closes.turn(0)) == ["bars", "predictions"]


def test_a_restart_goes_on_behind_the_commands_that_were_obeyed() -> None:
    closes = live()
    halt(closes)
    offer(closes, 0, [10], 10)
    offer(closes, 1, [10], 10)
    turn = closes.turn(0)
    assert turn is not None and read_heads(turn.refs).numbers["control:0"] == 1
    again = live()
    again.resume(closes.cursors(), turn.until_ns, turn.promise_ns)
    halt(again)
    offer(again, 0, [20], 20, seq=2)
    offer(again, 1, [20], 20, seq=2)
    assert names(again.turn(0)) == ["bars", "predictions"]


def test_the_journal_names_the_last_number_read_of_every_log() -> None:
    closes = live()
    offer(closes, 0, [10], 10)
    offer(closes, 1, [10], 10)
    closes.offer(FILLS_KEY, fill(9, 1))
    turn = closes.turn(0)
    assert turn is not None
    numbers = {"bars:0": 1, "bars:1": 1, "predictions:0": 1, "predictions:1": 1, "fills:0": 1}
    heads = read_heads(turn.refs)
    assert heads.close_ns == 10 and numbers.items() <= heads.numbers.items()


def day(draw: Random) -> list[tuple[Key, Block]]:
    """Six closes on two partitions and eight fills and two commands, mixed as a network would."""
    logs: dict[Key, list[Block]] = {}
    for stream in MARKET:
        for partition in range(2):
            rows = {"instrument": [partition]}
            logs[Key(stream.name, partition)] = [
                block(stream, [t], watermark_ns=t + 9, partition=partition, **rows).numbered("t", n, n - 1)
                for n, t in enumerate(range(10, 70, 10), 1)
            ]
    logs[CONTROL_KEY] = [
        block(CONTROL, [n], watermark_ns=n, command=[2]).numbered("t", n, n - 1) for n in (1, 2)
    ]
    logs[FILLS_KEY] = [fill(draw.randrange(8 * n, 8 * n + 8), n) for n in range(1, 9)]
    order = []
    while logs:
        key = draw.choice(sorted(logs))
        order.append((key, logs[key].pop(0)))
        if not logs[key]:
            del logs[key]
    return order


def picture(turn: Turn) -> tuple[object, ...]:
    rows = [(b.stream.name, *(b[name].tolist() for name in b.stream.order)) for b in turn.blocks]
    return (turn.until_ns, turn.promise_ns, turn.refs, rows)


@pytest.mark.parametrize("seed", range(20))
def test_a_live_day_is_repeated_exactly_from_its_journal(seed: int) -> None:
    draw, closes, first = Random(seed), live(), list[Turn]()
    arrivals = day(draw)
    now_ns = 0
    for key, made in arrivals:
        now_ns += draw.randrange(GRACE_NS)
        closes.offer(key, made)
        while (turn := closes.turn(now_ns)) is not None:
            first.append(turn)
    while (turn := closes.turn(now_ns := now_ns + GRACE_NS)) is not None:
        first.append(turn)

    journal = [read_heads(turn.refs) for turn in first]
    repeated, again = RepeatedCloses(MARKET, 2, FILLS, 0, journal), list[Turn]()
    for key, made in sorted(arrivals, key=lambda arrival: arrival[0]):
        repeated.offer(key, made)
        while (turn := repeated.turn(0)) is not None:
            again.append(turn)

    assert len(first) >= 6
    assert [picture(turn) for turn in again] == [picture(turn) for turn in first]
