from __future__ import annotations

from pathlib import Path

import pytest

from tapeline.cli.outcome import Unreachable
from tapeline.cli.session import session
from tapeline.desk.state import DeskLock, DeskState, write_state


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TAPELINE_DB", raising=False)


def test_only_flags_that_were_given_count(tmp_path: Path) -> None:
    made = session(None, data=tmp_path, market__seed=9, market__speed=None)
    assert made.flags == {"data": str(tmp_path), "market.seed": 9}
    assert (made.settings.market.seed, made.data) == (9, tmp_path)


def test_without_a_desk_and_an_address_there_is_no_record(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="start one with `tapeline up`"):
        session(None, data=tmp_path).db()


def test_an_address_is_taken_before_the_desks_own(tmp_path: Path) -> None:
    assert session(None, data=tmp_path, db="postgresql://x").db() == "postgresql://x"


def test_a_running_desk_is_asked_about_its_own_run(tmp_path: Path) -> None:
    lock = DeskLock(tmp_path)
    lock.take()
    write_state(tmp_path, DeskState(pid=1, started_s=0.0, run="desk-2", bus="", db="", gateway=""))
    assert session(None, data=tmp_path).run == "desk-2"
    assert session(None, data=tmp_path, run="old").run == "old"
    assert session(None, data=tmp_path, db="postgresql://x").run == "desk"
    lock.give_back()
    assert session(None, data=tmp_path).run == "desk"
