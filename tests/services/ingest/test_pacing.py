"""Pacing: on time, without drift, and steered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.pacing import Pace
from shared.time import END_OF_TAPE, SECOND_NS

MILLI = 1_000_000
HOUR = 3600 * SECOND_NS


class Wall:
    """A clock that only waiting moves, and a wait that always takes a little longer."""

    def __init__(self, late_ns: int) -> None:
        self.now, self._late, self._turn = 0, late_ns, 0

    def wait_until(self, due: int) -> None:
        """Waits, and oversleeps by another while each time."""
        self._turn += 1
        self.now = max(self.now, due + self._turn * 7919 % self._late)


@pytest.mark.parametrize("speed", [0.3, 1.0, 50.0, 7.7])
def test_an_hour_of_the_market_ends_on_time_however_badly_each_wait_went(speed: float) -> None:
    pace, wall = Pace(speed), Wall(900_000)
    pace.start(0, 0)
    errors = []
    for tape in range(SECOND_NS // 4, HOUR + 1, SECOND_NS // 4):
        wall.wait_until(pace.due_ns(tape))
        assert pace.may_pass(tape, wall.now)
        errors.append(wall.now - round(tape / speed))
    assert min(errors) >= -1
    assert max(errors) < MILLI
    assert max(errors[-2000:]) - max(errors[:2000]) < MILLI // 100


@given(st.integers(0, HOUR), st.floats(0.01, 1000), st.integers(0, HOUR))
def test_a_moment_is_due_exactly_when_the_tape_has_come_to_it(tape: int, speed: float, start: int) -> None:
    pace = Pace(speed)
    pace.start(start, 5)
    due = pace.due_ns(5 + tape)
    assert pace.tape_ns(due) >= 5 + tape
    assert pace.tape_ns(due - 1) < 5 + tape


def test_nothing_passes_early_and_nothing_while_it_stands() -> None:
    pace = Pace(2.0)
    assert pace.may_pass(100, 1000)
    assert not pace.may_pass(120, 1009)
    assert pace.may_pass(120, 1010)
    pace.pause(1010)
    assert not pace.may_pass(130, 99_999)
    pace.resume(2010)
    assert not pace.may_pass(130, 2014)
    assert pace.may_pass(130, 2015)


def test_a_step_lets_one_through_and_going_on_starts_from_there() -> None:
    pace = Pace(1.0)
    assert pace.may_pass(0, 0)
    pace.step(10)
    assert pace.may_pass(1000, 11)
    assert not pace.may_pass(1001, 12)
    pace.step(13, 2)
    assert [pace.may_pass(n, 14) for n in (2000, 3000, 4000)] == [True, True, False]
    pace.resume(100)
    assert not pace.may_pass(4000, 1099)
    assert pace.may_pass(4000, 1100)


def test_another_speed_changes_what_comes_and_not_what_was() -> None:
    pace = Pace(1.0)
    pace.start(0, 0)
    pace.change(10.0, 1000)
    assert pace.tape_ns(1000) == 1000
    assert pace.due_ns(2000) == 1100


def test_the_end_waits_for_nobody() -> None:
    pace = Pace(1.0)
    assert pace.may_pass(0, 5)
    assert pace.may_pass(END_OF_TAPE, 5)


def test_a_tape_that_runs_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 0"):
        Pace(0.0)
