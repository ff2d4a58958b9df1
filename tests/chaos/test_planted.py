"""The suite finds what it was made to find: planted bugs within a few seeds, and none in the clean twin."""

from __future__ import annotations

from itertools import count

import pytest

from tests.chaos.drill import play, play_live
from tests.chaos.kill_switch import orders_after_a_halt
from tests.chaos.planted import PUBLISH_BEFORE_COMMIT, Planted, forgetting_the_halt, planted

SHORT = 3_500
SEEDS = 5
_ticks_of_the_wall = count(1)


def found(bug: Planted, seed: int) -> str:
    return play(bug.faults, seed, SHORT, bug.plant, bug.record).failure


@pytest.mark.parametrize("bug", planted(SHORT, lambda: next(_ticks_of_the_wall)), ids=lambda bug: bug.name)
def test_a_planted_bug_is_found_and_its_clean_twin_passes(bug: Planted) -> None:
    seeds = next((range(seed + 1) for seed in range(SEEDS) if found(bug, seed)), None)
    assert seeds is not None, f"{bug.name} was not found in {SEEDS} histories"
    clean = [play(bug.faults, seed, SHORT).failure for seed in seeds]
    assert clean == [""] * len(seeds)


def test_publish_before_commit_is_found_live() -> None:
    bug = PUBLISH_BEFORE_COMMIT
    seeds = next(
        (range(s + 1) for s in range(SEEDS) if play_live(bug.faults, s, SHORT, bug.plant).failure), None
    )
    assert seeds is not None
    assert [play_live(bug.faults, seed, SHORT).failure for seed in seeds] == [""] * len(seeds)


@pytest.mark.parametrize("seed", range(1))
def test_a_halt_in_the_record_holds_through_restarts(seed: int) -> None:
    assert orders_after_a_halt(seed, SHORT) == 0


def test_a_kill_state_kept_in_memory_is_found() -> None:
    assert any(orders_after_a_halt(seed, SHORT, forgetting_the_halt) for seed in range(SEEDS))
