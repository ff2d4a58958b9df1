from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from shared.failures import Refused
from tapeline.desk.child import Plan
from tapeline.desk.supervisor import Supervisor, last_line

SLEEPS = "import time; print('awake', flush=True); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPS}"


def plan(name: str, code: str) -> Plan:
    return Plan(name, (sys.executable, "-S", "-c", code), dict(os.environ))


def wait_for(file: Path, text: str) -> None:
    for _ in range(600):
        if file.exists() and text in file.read_text():
            return
        time.sleep(0.05)
    raise AssertionError(f"{file} never said {text}")


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_what_children_say_goes_to_a_file_each(tmp_path: Path) -> None:
    supervisor = Supervisor([plan("a", SLEEPS)], tmp_path)
    supervisor.start()
    wait_for(supervisor.logs()["a"], "awake")
    supervisor.stop()


def test_a_killed_child_comes_back(tmp_path: Path) -> None:
    supervisor = Supervisor([plan("a", SLEEPS)], tmp_path)
    supervisor.start()
    (child,) = supervisor.children
    first = child.pid
    os.kill(first, signal.SIGKILL)
    said: list[str] = []
    for _ in range(200):
        said += supervisor.look()
        if child.restarts:
            break
        time.sleep(0.05)
    supervisor.stop()
    assert said == ["a was killed by SIGKILL; it starts again in 0.5 s", "a started again (restart 1)"]


def test_stopping_leaves_no_process_not_even_a_stubborn_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tapeline.desk.supervisor.STOP_PATIENCE_S", 0.3)
    supervisor = Supervisor([plan("a", SLEEPS), plan("b", STUBBORN)], tmp_path)
    supervisor.start()
    wait_for(supervisor.logs()["b"], "awake")
    pids = [child.pid for child in supervisor.children]
    supervisor.stop()
    assert all(gone(pid) for pid in pids)


def test_a_service_that_refuses_its_settings_ends_the_desk_with_its_own_words(tmp_path: Path) -> None:
    refuses = "print('risk: max_gross is 0, wanted more'); raise SystemExit(3)"
    supervisor = Supervisor([plan("risk", refuses)], tmp_path)
    supervisor.start()
    wait_for(supervisor.logs()["risk"], "max_gross")
    (child,) = supervisor.children
    while not child.ended():
        time.sleep(0.02)
    with pytest.raises(Refused, match="max_gross is 0, wanted more"):
        list(supervisor.look())
    supervisor.stop()


def test_a_log_that_grew_too_large_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tapeline.desk.supervisor.LARGEST_LOG", 10)
    supervisor = Supervisor([plan("a", SLEEPS)], tmp_path)
    log = supervisor.logs()["a"]
    log.write_text("x" * 11)
    list(supervisor.look())
    assert log.read_text() == ""
    assert log.with_suffix(".log.1").read_text() == "x" * 11


def test_the_last_words_of_a_silent_log_are_said_to_be_none(tmp_path: Path) -> None:
    assert last_line(tmp_path / "none") == "it said nothing"
