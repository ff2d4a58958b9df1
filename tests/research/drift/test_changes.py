"""When losses began to be others."""

import numpy as np

from research.drift.changes import changes

SECOND_NS = 1_000_000_000


def _losses(
    moments: int, seed: int, from_moment: int = 10**9, step: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    times = np.repeat(np.arange(moments) * SECOND_NS, 4)
    losses = draw.normal(1.0, 0.2, size=len(times)) + step * (times >= from_moment * SECOND_NS)
    return losses, times


def test_a_step_is_found_soon_after_it_came_and_says_from_what_to_what() -> None:
    losses, times = _losses(2_000, 1, from_moment=1_000, step=0.3)
    found = changes(losses, times)
    assert found
    assert 1_000 <= found[0].time_ns // SECOND_NS < 1_300
    assert found[0].before < 1.1 < found[-1].after


def test_losses_that_stay_as_they_are_raise_hardly_any_alarm() -> None:
    alarms = sum(bool(changes(*_losses(1_000, seed))) for seed in range(50))
    assert alarms <= 2


def test_no_rows_are_no_change() -> None:
    assert changes(np.empty(0), np.empty(0, np.int64)) == []
