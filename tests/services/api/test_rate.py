"""Nobody asks too often, and waiting helps."""

from __future__ import annotations

from services.api.rate import Rate


def test_a_burst_passes_and_then_the_rate_holds() -> None:
    rate = Rate(per_s=10, burst=3)

    waits = [rate.take("me", 0.0) for _ in range(4)]

    assert waits[:3] == [0.0, 0.0, 0.0]
    assert 0.0 < waits[3] <= 0.1
    assert rate.take("me", 0.2) == 0.0
    assert rate.take("you", 0.0) == 0.0
