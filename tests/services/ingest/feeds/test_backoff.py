"""Waits grow, are drawn evenly, and stay below their bound; a bucket never lets more through than it says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.feeds.backoff import Backoff, TokenBucket


@given(st.integers(0, 10_000), st.floats(0.0, 0.999))
def test_a_wait_is_never_longer_than_its_bound(failures: int, drawn: float) -> None:
    assert 0.0 <= Backoff(0.5, 30.0).wait_s(failures, lambda: drawn) <= 30.0


def test_bounds_double_until_the_longest() -> None:
    waits = [Backoff(1.0, 10.0).wait_s(failures, lambda: 1.0) for failures in range(1, 7)]
    assert waits == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


@given(st.lists(st.floats(0.0, 3.0), min_size=1, max_size=60))
def test_a_bucket_lets_through_its_burst_and_then_its_rate(pauses: list[float]) -> None:
    now, used = [0.0], list[float]()
    bucket = TokenBucket(2.0, 3, lambda: now[0])
    for pause in pauses:
        now[0] += pause
        now[0] += bucket.take()
        used.append(now[0])
    for start, first in enumerate(used):
        for stop in range(start, len(used)):
            assert stop - start + 1 <= 3 + 2.0 * (used[stop] - first) + 1e-6
