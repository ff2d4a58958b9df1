"""A bar holds its first nanosecond and not its last; times are shown in UTC."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.time import END_OF_TAPE, SECOND_NS, iso, next_close


@given(st.integers(-(10**18), 10**18), st.integers(1, 10**13), st.integers(0, 10**12))
def test_a_tick_lies_in_the_bar_that_closes_after_it(time_ns: int, interval_ns: int, origin_ns: int) -> None:
    close = next_close(time_ns, interval_ns, origin_ns)
    assert close - interval_ns <= time_ns < close
    assert (close - origin_ns) % interval_ns == 0


def test_times_are_shown_in_utc_to_the_nanosecond() -> None:
    assert iso(1_767_614_400 * SECOND_NS + 5) == "2026-01-05T12:00:00.000000005Z"
    assert iso(END_OF_TAPE) == "end of tape"
