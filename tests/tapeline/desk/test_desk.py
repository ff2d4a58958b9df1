from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tapeline.desk.state import read_state, running
from tapeline.desk.stopping import stop_desk
from tapeline.servers.sockets import socket_folder
from tests.fixtures.running_desk import is_open, processes_of

DESK = '''
import os, sys
from pathlib import Path
from rich.console import Console
from shared.config import load
from tapeline.desk.child import Plan
from tapeline.desk.desk import Order, run
from tapeline.desk.prepare import Step
from tapeline.desk.services import plans

SERVICE = """
import os, signal, sys, time
from shared.health import HealthServer, Pulse
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
pulse = Pulse(time.monotonic)
HealthServer(int(os.environ["TAPELINE_HEALTH_PORT"]), pulse, lambda: b"").start()
pulse.ready()
print(os.environ["TAPELINE_DB"], flush=True)
time.sleep(300)
"""

def fakes(environ, settings):
    words = (sys.executable, "-c", SERVICE)
    return tuple(Plan(p.name, words, p.env, p.port) for p in plans(environ, settings)[:2])

data = Path(sys.argv[1])
flags = {"data": str(data), "api.port": 0}
loaded = load(os.environ, flags=flags)
steps = (Step("a step", (sys.executable, "-S", "-c", "")),)
run(Order(data, loaded, flags, dict(os.environ), True, steps, lambda *_: "tl_first_key", fakes), Console())
'''


@pytest.fixture
def desk(tmp_path: Path) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", DESK, str(tmp_path)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def wait_until_open(data: Path, desk: subprocess.Popen[str]) -> None:
    for _ in range(1200):
        if is_open(data):
            return
        if desk.poll() is not None:
            raise AssertionError(desk.communicate()[0])
        time.sleep(0.1)
    raise AssertionError("the desk did not open")


@pytest.mark.timeout(300)
def test_a_desk_opens_survives_a_kill_and_leaves_nothing_behind(
    tmp_path: Path, desk: subprocess.Popen[str]
) -> None:
    try:
        wait_until_open(tmp_path, desk)
        before = read_state(tmp_path)
        assert before is not None
        os.kill(before.services[0].pid, signal.SIGKILL)
        for _ in range(300):
            now = read_state(tmp_path)
            if now is not None and now.services[0].restarts == 1 and now.services[0].pid:
                break
            time.sleep(0.1)
        assert now is not None
        assert now.services[0].pid not in (0, before.services[0].pid)
        assert stop_desk(tmp_path, 60.0) == before.pid
        desk.wait(30)
    finally:
        desk.kill()
    said = desk.communicate()[0]
    assert desk.returncode == 0, said
    assert "tl_first_key" in said
    assert "was killed by SIGKILL; it starts again" in said
    assert not running(tmp_path)
    assert not (tmp_path / "desk.json").exists()
    assert not socket_folder(tmp_path, os.environ).exists()
    assert processes_of(tmp_path) == []


def test_a_desk_that_does_not_run_cannot_be_stopped(tmp_path: Path) -> None:
    assert stop_desk(tmp_path, 1.0) is None


def test_the_supervisor_imports_no_compiler_and_no_data_frames() -> None:
    code = "import json, sys, tapeline.desk.desk; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"numba", "pandas", "pyarrow", "lightgbm"}.isdisjoint(json.loads(done.stdout))
