"""The offset of two clocks is the least delay of the last minutes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.feeds.venue_clock import MINUTES_KEPT, VenueClock
from shared.time import MINUTE_NS


def test_before_any_message_nothing_is_known() -> None:
    clock = VenueClock()
    assert not clock.is_set
    assert clock.venue_ns(7) == 7


@given(st.lists(st.integers(-5_000, 5_000), min_size=1))
def test_the_skew_is_the_least_delay(delays: list[int]) -> None:
    clock = VenueClock()
    for event, delay in enumerate(delays):
        clock.seen(event, event + delay)
    assert clock.is_set
    assert clock.skew_ns == min(delays)
    assert clock.venue_ns(100) == 100 - min(delays)


def test_a_clock_that_is_set_right_is_believed_after_some_minutes() -> None:
    clock = VenueClock()
    clock.seen(0, -1_000)
    for minute in range(1, MINUTES_KEPT):
        clock.seen(minute * MINUTE_NS, minute * MINUTE_NS + 5)
        assert clock.skew_ns == -1_000
    clock.seen(MINUTES_KEPT * MINUTE_NS, MINUTES_KEPT * MINUTE_NS + 5)
    assert clock.skew_ns == 5
