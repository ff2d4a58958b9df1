from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shared import leash

SLEEPS = (sys.executable, "-S", "-c", "import time; time.sleep(60)")
PARENT = """
import os, sys, time
from shared import leash
words = (sys.executable, "-S", "-c", "import time; time.sleep(60)")
child = leash.start(leash.Errand(words, dict(os.environ)))
print(child.pid, flush=True)
time.sleep(60)
"""

TIED = """
import subprocess, sys, time
words = "import time; from shared import leash; leash.tie_to_parent(); print(1, flush=True); time.sleep(60)"
child = subprocess.Popen([sys.executable, "-c", words], stdout=subprocess.PIPE, text=True)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""


def alive(pid: int) -> bool:
    """A process that runs; a dead one that nobody has buried does not count."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
@pytest.mark.parametrize("code", [PARENT, TIED], ids=["leashed", "tied by itself"])
def test_a_child_dies_with_us_even_when_we_are_killed(code: str) -> None:
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert alive(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    for _ in range(200):
        if not alive(pid):
            return
        time.sleep(0.02)
    raise AssertionError("the child outlived its parent")


def test_a_child_is_asked_before_it_is_made_to_stop() -> None:
    child = leash.start(leash.Errand(SLEEPS, dict(os.environ)))
    assert leash.stop(child, signal.SIGTERM, patience_s=10.0) == -signal.SIGTERM


def test_a_child_that_has_ended_can_be_stopped_again() -> None:
    child = leash.start(leash.Errand((sys.executable, "-S", "-c", ""), dict(os.environ)))
    child.wait()
    assert leash.stop(child, signal.SIGTERM, patience_s=1.0) == 0


def test_a_child_has_a_session_of_its_own() -> None:
    child = leash.start(leash.Errand(SLEEPS, dict(os.environ)))
    assert os.getsid(child.pid) == child.pid
    leash.stop(child, signal.SIGKILL, patience_s=5.0)
