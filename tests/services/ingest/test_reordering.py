"""Rows out of order within the bound come out in order, and promises are kept."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.quality.checks import QualityChecker
from services.ingest.quality.plan import QualityPlan
from services.ingest.reordering import Reorderer
from shared.time import BEFORE_TAPE, END_OF_TAPE, SECOND_NS
from tests.fixtures.ticks import NOON_NS, ticks, trade

BOUND = 5 * SECOND_NS


@given(st.lists(st.integers(0, 60), max_size=80), st.integers(1, 9))
def test_what_comes_out_is_sorted_complete_and_never_behind_a_promise(seconds: list[int], cut: int) -> None:
    checker, order = QualityChecker(QualityPlan(lateness_ns=BOUND)), Reorderer(BOUND)
    came = [trade(second, venue_seq=0) for second in seconds]
    accepted, told, promised = 0, list[int](), BEFORE_TAPE

    for start in range(0, len(came), cut):
        good, _ = checker.sift(ticks(came[start : start + cut]))
        accepted += len(good)
        out = order.push(good)
        times = out["event_time_ns"].tolist()
        assert all(time > promised for time in times)
        told += times
        promised = max(promised, out.watermark_ns)
    told += order.flush()["event_time_ns"].tolist()

    assert told == sorted(told)
    assert len(told) == accepted


def test_nothing_is_promised_before_anything_came() -> None:
    order = Reorderer(BOUND)

    assert order.push(ticks([])).watermark_ns == BEFORE_TAPE
    assert order.flush().watermark_ns == END_OF_TAPE


def test_a_row_waits_until_nothing_within_the_bound_can_come_before_it() -> None:
    order = Reorderer(BOUND)

    assert len(order.push(ticks([trade(10)]))) == 0
    out = order.push(ticks([trade(15), trade(12), trade(15.5)]))

    assert out["event_time_ns"].tolist() == [NOON_NS + 10 * SECOND_NS]
    assert out.watermark_ns == NOON_NS + round(10.5 * SECOND_NS) - 1
