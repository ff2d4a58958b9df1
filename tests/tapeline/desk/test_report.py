from __future__ import annotations

from pathlib import Path

import pytest

from tapeline.desk.report import printed, report
from tapeline.desk.state import DeskLock, DeskState, ServiceState, write_state


def test_no_desk_no_report(tmp_path: Path) -> None:
    assert report(tmp_path) is None


def test_a_desk_whose_record_and_services_are_away_is_reported_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = DeskLock(tmp_path)
    lock.take()
    service = ServiceState(name="risk", pid=0, port=1, state="waiting", restarts=3)
    nowhere = "postgresql://nobody@/none?host=/nowhere"
    write_state(
        tmp_path,
        DeskState(
            pid=1, started_s=0.0, run="desk", bus="", db=nowhere, gateway="http://x", services=(service,)
        ),
    )
    found = report(tmp_path)
    lock.give_back()
    assert found is not None
    assert (found["services"][0]["state"], found["accounts"]) == ("waiting", [])
    printed(found)
    assert "risk" in capsys.readouterr().out
