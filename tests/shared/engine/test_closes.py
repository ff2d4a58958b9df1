"""The strict order at risk: whatever arrives when, the turns are a function of the tape."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from shared.block import Block
from shared.engine.bus import Key
from shared.engine.closes import SettledCloses, StrictCloses
from shared.engine.log import Turn
from shared.stream import Stream
from shared.streams import BARS, FILLS, PREDICTIONS
from shared.time import END_OF_TAPE
from tests.fixtures.blocks import block

FILLS_KEY = Key("fills", 0)


def sequencer(partitions: int = 2) -> StrictCloses:
    return StrictCloses((BARS, PREDICTIONS), partitions, FILLS, 0)


def numbered(blocks: list[Block]) -> list[Block]:
    return [made.numbered("t", n + 1, n) for n, made in enumerate(blocks)]


def market(stream: Stream, partition: int, times: list[int], watermark_ns: int) -> Block:
    return block(
        stream, times, watermark_ns=watermark_ns, partition=partition, instrument=[partition] * len(times)
    )


def turns(closes: StrictCloses) -> Iterator[Turn]:
    while (turn := closes.turn(0)) is not None:
        yield turn


def picture(turn: Turn) -> tuple[object, ...]:
    return tuple(
        (b.stream.name, b["event_time_ns"].tolist(), b["instrument"].tolist()) for b in turn.blocks if len(b)
    )


def test_a_close_waits_for_every_partition_and_for_the_fills() -> None:
    closes = sequencer()
    for stream in (BARS, PREDICTIONS):
        closes.offer(Key(stream.name, 0), market(stream, 0, [10], 19).numbered("t", 1, 0))
    assert list(turns(closes)) == []
    for stream in (BARS, PREDICTIONS):
        closes.offer(Key(stream.name, 1), market(stream, 1, [10], 19).numbered("t", 1, 0))
    assert [(turn.promise_ns, turn.blocks) for turn in turns(closes)] == [(9, ())]
    closes.offer(FILLS_KEY, block(FILLS, [7], watermark_ns=10).numbered("t", 1, 0))
    (turn,) = turns(closes)
    assert (turn.until_ns, turn.promise_ns) == (10, 19)
    assert picture(turn) == (
        ("fills", [7], [0]),
        ("bars", [10, 10], [0, 1]),
        ("predictions", [10, 10], [0, 1]),
    )


def test_time_without_a_close_moves_the_promise_and_needs_no_fills() -> None:
    closes = sequencer(partitions=1)
    for stream in (BARS, PREDICTIONS):
        closes.offer(Key(stream.name, 0), market(stream, 0, [], 59).numbered("t", 1, 0))
    (turn,) = turns(closes)
    assert (turn.promise_ns, turn.blocks) == (59, ())


def test_a_fill_after_the_close_is_kept_for_the_next_one() -> None:
    closes = sequencer(partitions=1)
    for stream in (BARS, PREDICTIONS):
        closes.offer(Key(stream.name, 0), market(stream, 0, [10, 20], 29).numbered("t", 1, 0))
    closes.offer(FILLS_KEY, block(FILLS, [10, 11], watermark_ns=11).numbered("t", 1, 0))
    (first,) = turns(closes)
    assert picture(first)[0] == ("fills", [10], [0])
    closes.offer(FILLS_KEY, block(FILLS, [], watermark_ns=20).numbered("t", 2, 1))
    (second,) = turns(closes)
    assert picture(second)[0] == ("fills", [11], [0])


def test_a_reader_that_promises_nothing_ends_only_with_its_last_fill() -> None:
    closes = SettledCloses((BARS,), 1, FILLS, 0)
    closes.offer(Key("bars", 0), market(BARS, 0, [], END_OF_TAPE).numbered("t", 1, 0))
    assert list(turns(closes)) == []
    closes.offer(FILLS_KEY, block(FILLS, [5], watermark_ns=END_OF_TAPE).numbered("t", 1, 0))
    (turn,) = turns(closes)
    assert turn.until_ns == END_OF_TAPE and picture(turn) == (("fills", [5], [0]),)


@st.composite
def arrivals(draw: st.DrawFn) -> list[tuple[Key, Block]]:
    """The same tape cut at random places, its logs interleaved at random."""
    logs: dict[Key, list[Block]] = {}
    closes = list(range(10, 60, 10))
    for stream in (BARS, PREDICTIONS):
        for p in range(2):
            cuts = sorted(draw(st.sets(st.sampled_from([19, 29, 39, 49]))) | {END_OF_TAPE})
            start, made = 0, []
            for cut in cuts:
                made.append(market(stream, p, [t for t in closes if start < t <= cut], cut))
                start = cut
            logs[Key(stream.name, p)] = numbered(made)
    fills = [4, 9, 10, 10, 23, 30, 31, 55]
    cuts = sorted(draw(st.sets(st.integers(5, 54))) | {END_OF_TAPE})
    start, made = 0, []
    for cut in cuts:
        made.append(block(FILLS, [t for t in fills if start < t <= cut], watermark_ns=cut))
        start = cut
    logs[FILLS_KEY] = numbered(made)
    order: list[tuple[Key, Block]] = []
    while logs:
        key = draw(st.sampled_from(sorted(logs)))
        order.append((key, logs[key].pop(0)))
        if not logs[key]:
            del logs[key]
    return order


def decisions(order: list[tuple[Key, Block]]) -> list[tuple[int, object]]:
    closes, seen = sequencer(), list[tuple[int, object]]()
    for key, made in order:
        closes.offer(key, made)
        seen += [(turn.until_ns, picture(turn)) for turn in turns(closes) if turn.blocks]
    return seen


@given(arrivals(), arrivals())
def test_turns_do_not_depend_on_cuts_or_arrival(
    one: list[tuple[Key, Block]], other: list[tuple[Key, Block]]
) -> None:
    first = decisions(one)
    assert [time for time, _ in first] == [10, 20, 30, 40, 50]
    assert first == decisions(other)


@given(arrivals(), st.integers(0, 40))
def test_a_restart_goes_on_behind_the_last_turn(order: list[tuple[Key, Block]], crash_at: int) -> None:
    golden = decisions(order)
    closes, seen = sequencer(), []
    saved = (closes.cursors(), closes.until_ns, closes.promise_ns)
    for at, (key, made) in enumerate(order):
        closes.offer(key, made)
        for turn in turns(closes):
            if turn.blocks:
                seen.append((turn.until_ns, picture(turn)))
            saved = (closes.cursors(), closes.until_ns, closes.promise_ns)
        if at == crash_at:
            closes = sequencer()
            closes.resume(*saved)
            for again, block_again in order[: at + 1]:
                closes.offer(again, block_again)
            for turn in turns(closes):
                if turn.blocks:
                    seen.append((turn.until_ns, picture(turn)))
    assert seen == golden
