from __future__ import annotations

import os
from pathlib import Path

import pytest

from shared.failures import Refused
from tapeline.desk.state import DeskLock, DeskState, forget_state, read_state, running, write_state

STATE = DeskState(pid=1, started_s=0.0, run="desk", bus="", db="", gateway="")


def test_a_second_desk_on_the_same_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    lock = DeskLock(tmp_path)
    lock.take()
    with pytest.raises(Refused, match=f"process {os.getpid()}.*tapeline down"):
        DeskLock(tmp_path).take()
    lock.give_back()


def test_a_lock_that_was_given_back_can_be_taken(tmp_path: Path) -> None:
    for _ in range(2):
        lock = DeskLock(tmp_path)
        lock.take()
        assert running(tmp_path)
        lock.give_back()
        assert not running(tmp_path)


def test_the_state_of_a_desk_that_died_is_not_believed(tmp_path: Path) -> None:
    write_state(tmp_path, STATE)
    assert read_state(tmp_path) is None


def test_the_state_of_a_running_desk_is_read_back(tmp_path: Path) -> None:
    lock = DeskLock(tmp_path)
    lock.take()
    write_state(tmp_path, STATE)
    assert read_state(tmp_path) == STATE
    forget_state(tmp_path)
    assert read_state(tmp_path) is None
    lock.give_back()


def test_nobody_else_may_read_the_addresses(tmp_path: Path) -> None:
    write_state(tmp_path, STATE)
    assert (tmp_path / "desk.json").stat().st_mode & 0o077 == 0
