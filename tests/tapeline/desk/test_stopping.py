from __future__ import annotations

from pathlib import Path

import pytest

from shared.failures import Refused
from tapeline.desk.state import LOCK_FILE, DeskLock
from tapeline.desk.stopping import stop_desk


def test_no_desk_is_no_mistake(tmp_path: Path) -> None:
    assert stop_desk(tmp_path, 1.0) is None


def test_a_lock_without_a_process_is_never_answered_with_a_kill(tmp_path: Path) -> None:
    lock = DeskLock(tmp_path)
    lock.take()
    (tmp_path / LOCK_FILE).write_text("0")
    with pytest.raises(Refused, match="its process is unknown"):
        stop_desk(tmp_path, 1.0)
    lock.give_back()
