from __future__ import annotations

import subprocess
import sys

import pytest

from tapeline.desk.child import CALM_S, LONGEST_PAUSE_S, Child, Plan, State, how_it_ended


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def crashing(plan: Plan) -> subprocess.Popen[bytes]:
    child = subprocess.Popen([sys.executable, "-S", "-c", "raise SystemExit(9)"])
    child.wait()
    return child


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def child(clock: Clock) -> Child:
    made = Child(Plan("risk", (), {}), crashing, clock)
    made.start()
    return made


def pauses(child: Child, clock: Clock, times: int) -> list[float]:
    """How long the child waits after each of its deaths."""
    waited = []
    for _ in range(times):
        assert "ended with code 9" in child.look()
        before = clock.now
        while child.state is State.WAITING:
            clock.now += 0.25
            child.look()
        waited.append(clock.now - before)
    return waited


def test_a_child_that_dies_starts_again_after_a_pause_that_doubles(child: Child, clock: Clock) -> None:
    assert pauses(child, clock, 4) == [0.5, 1.0, 2.0, 4.0]
    assert child.restarts == 4


def test_the_pause_has_a_limit(child: Child, clock: Clock) -> None:
    assert pauses(child, clock, 8)[-1] == LONGEST_PAUSE_S


def test_a_child_that_lived_long_is_forgiven(child: Child, clock: Clock) -> None:
    pauses(child, clock, 4)
    clock.now += CALM_S
    assert pauses(child, clock, 1) == [0.5]


def test_a_child_that_waits_has_no_process(child: Child) -> None:
    child.look()
    assert (child.pid, child.uptime_s) == (0, 0.0)


def test_the_code_of_the_last_death_is_kept(child: Child) -> None:
    child.look()
    assert child.last_code == 9


@pytest.mark.parametrize(("code", "words"), [(0, "ended with code 0"), (-9, "was killed by SIGKILL")])
def test_an_exit_is_said_in_words(code: int, words: str) -> None:
    assert how_it_ended(code) == words
