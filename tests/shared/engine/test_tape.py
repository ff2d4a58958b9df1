"""The tape at the venue: one order of ticks, whatever partitions and cuts they came in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.engine.tape import Tape
from shared.streams import TICKS
from tests.fixtures.blocks import block

PARTITIONS = 3


def taken(tape: Tape, until_ns: int) -> list[int]:
    return [time for piece in tape.take(until_ns) for time in piece["event_time_ns"].tolist()]


def test_rows_wait_until_every_partition_has_promised() -> None:
    tape = Tape(PARTITIONS)
    tape.offer(block(TICKS, [1, 5, 9], watermark_ns=10, partition=0))
    tape.offer(block(TICKS, [2, 6], watermark_ns=6, partition=1))
    tape.gather(6)
    assert taken(tape, 5) == [1, 2, 5]
    assert taken(tape, 9) == [6]
    assert tape.rows == 1


def test_what_is_taken_stands_under_the_promise_that_was_asked_for() -> None:
    tape = Tape(PARTITIONS)
    tape.offer(block(TICKS, [1, 5], watermark_ns=9, partition=2))
    tape.gather(9)
    assert [piece.watermark_ns for piece in tape.take(4)] == [4]


@given(
    times=st.lists(st.lists(st.integers(0, 40), max_size=12).map(sorted), min_size=3, max_size=3),
    stops=st.lists(st.integers(0, 45), min_size=1, max_size=6).map(sorted),
)
def test_stops_and_partitions_never_change_the_order(times: list[list[int]], stops: list[int]) -> None:
    tape = Tape(PARTITIONS)
    found: list[int] = []
    at = [0] * PARTITIONS
    for stop in [*stops, 50]:
        for partition, rows in enumerate(times):
            fresh = [time for time in rows[at[partition] :] if time <= stop]
            at[partition] += len(fresh)
            if fresh:
                tape.offer(block(TICKS, fresh, watermark_ns=stop, partition=partition))
        tape.gather(stop)
        found += taken(tape, stop)
    assert found == sorted(time for rows in times for time in rows)
    assert tape.rows == 0
