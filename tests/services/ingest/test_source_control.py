"""Steering a replay by a file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from services.ingest.cuts import cut
from services.ingest.pacing import Pace
from services.ingest.source_control import LOOK_EVERY_NS, Gate, Steering, command, obey, paced
from tests.fixtures.markets import same_rows, small_tape


class Clock:
    """Time that passes only by waiting."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now

    def wait(self, seconds: float) -> None:
        """Waits a little longer than asked."""
        self.now += round(seconds * 1e9) + 50_000


def test_a_paced_tape_has_the_same_cuts_and_takes_its_time() -> None:
    tape, clock, heard = small_tape().ticks, Clock(), list[int]()
    cuts = list(cut(tape, 100, 8))
    found = list(paced(iter(cuts), Gate(20.0), heard.append, clock, clock.wait))
    assert all(
        same_rows(a, b)
        for one, other in zip(found, cuts, strict=True)
        for a, b in zip(one, other, strict=True)
    )
    span = int(cuts[-2][0].watermark_ns - cuts[0][0].watermark_ns)
    assert abs(clock.now - span / 20) < 1_000_000
    assert heard == [blocks[0].watermark_ns for blocks in cuts]


def test_a_command_is_obeyed_once_for_every_time_it_is_written(tmp_path: Path) -> None:
    path, pace = tmp_path / "control", Pace(1.0)
    command(path, "pause")
    steering = Steering(pace, path)
    steering.look(0)
    assert not pace.is_paused
    for turn, (words, paused) in enumerate([("pause", True), ("run", False), ("step 2", True)], 1):
        command(path, words)
        os.utime(path, ns=(turn, turn))
        steering.look(turn * LOOK_EVERY_NS)
        assert pace.is_paused == paused
    steering.look(9 * LOOK_EVERY_NS)
    assert [pace.may_pass(5, 0) for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize("words", [["dance"], ["speed", "fast"], ["speed", "-3"], ["speed"]])
def test_what_is_no_command_changes_nothing(words: list[str]) -> None:
    pace = Pace(1.0)
    pace.start(0, 0)
    obey(pace, words, 0)
    assert pace.due_ns(1000) == 1000
    assert not pace.is_paused


def test_a_paused_gate_asks_again_before_long(tmp_path: Path) -> None:
    gate = Gate(1.0, tmp_path / "none")
    assert gate.opens(10, 10)
    gate.pace.pause(10)
    assert not gate.opens(11, 11)
    assert 0 < gate.wait_s(11, 11) <= 0.05
