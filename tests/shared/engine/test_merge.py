"""Partitions merge into one order, complete up to what all of them have promised."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.engine.merge import Merge
from shared.streams import BARS
from tests.fixtures.blocks import block


def bars(partition: int, rows: list[tuple[int, int]], watermark_ns: int) -> object:
    return block(
        BARS,
        [time for time, _ in rows],
        watermark_ns=watermark_ns,
        partition=partition,
        instrument=[instrument for _, instrument in rows],
    )


def test_the_slowest_partition_holds_the_rest() -> None:
    merge = Merge(BARS, 2)
    merge.offer(bars(0, [(10, 1)], 19))  # type: ignore[arg-type]
    merge.gather(merge.watermark_ns)
    assert merge.head() is None and merge.earliest() == 10
    merge.offer(bars(1, [(10, 0)], 19))  # type: ignore[arg-type]
    merge.gather(merge.watermark_ns)
    assert merge.head() == 10
    assert merge.take(10)["instrument"].tolist() == [0, 1]
    assert merge.head() is None


def test_a_moment_without_rows_is_an_empty_block() -> None:
    merge = Merge(BARS, 1)
    merge.offer(bars(0, [(20, 1)], 29))  # type: ignore[arg-type]
    merge.gather(29)
    assert len(merge.take(10)) == 0 and merge.take(10).watermark_ns == 10
    assert len(merge.take(20)) == 1


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5)), max_size=30), st.data())
def test_rows_come_out_sorted_whatever_the_cuts(rows: list[tuple[int, int]], data: st.DataObject) -> None:
    merge, taken = Merge(BARS, 2), list[tuple[int, int]]()
    parts = [sorted({(t, i) for t, i in rows if i % 2 == p}) for p in (0, 1)]
    for until in range(4):
        for p in data.draw(st.permutations([0, 1])):
            merge.offer(bars(p, [row for row in parts[p] if row[0] == until], until))  # type: ignore[arg-type]
        merge.gather(merge.watermark_ns)
        while data.draw(st.booleans()) and (head := merge.head()) is not None:
            moment = merge.take(head)
            taken += zip(moment["event_time_ns"].tolist(), moment["instrument"].tolist(), strict=True)
    while (head := merge.head()) is not None:
        moment = merge.take(head)
        taken += zip(moment["event_time_ns"].tolist(), moment["instrument"].tolist(), strict=True)
    assert taken == sorted({*parts[0], *parts[1]})
