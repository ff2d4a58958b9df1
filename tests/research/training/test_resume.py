"""A training that was killed goes on where it was, as a user meets it: real processes, real signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from shared.failures import Unavailable
from tests.fixtures.house import ROOT

SECTORS: Final = ("Energy", "Technology", "Utilities")
PATIENCE_S: Final = 240.0
STEP_S: Final = 0.02
WORDS: Final = (
    *("train", "--family", "booster", "--synthetic", "--symbols", "22", "--bars", "560", "--json"),
    *("--sectors", ",".join(SECTORS), "--horizons", "1", "--label", "direction", "--jobs", "2"),
    *("--features", "return_1,rsi_14,signed_volume"),
)
DONE: Final = {sector: Path(sector.lower()) / "1" / "report.json" for sector in SECTORS}


class Child:
    """`tapeline train` in a session of its own."""

    def __init__(self, out: Path) -> None:
        words = [sys.executable, "-m", "tapeline", *WORDS, "--out", str(out), "--data", str(out / "data")]
        self.process = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, start_new_session=True, text=True
        )

    def workers(self) -> list[int]:
        """The workers that live."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        return [int(child) for child in children if b"spawn_main" in _words(int(child))]

    def until(self, holds: Callable[[], bool]) -> None:
        """Waits for a moment in the middle of the run."""
        end = time.monotonic() + PATIENCE_S
        while not holds():
            if self.process.poll() is not None or time.monotonic() > end:
                raise Unavailable(f"the moment never came: {self.process.stderr.read()}")  # type: ignore[union-attr]
            time.sleep(STEP_S)

    def ended(self) -> tuple[int, str, str]:
        """Its exit code and what it said."""
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, out, err


def _words(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def gone(pids: list[int]) -> bool:
    """Whether none of them runs any more."""
    return not any(b"spawn_main" in _words(pid) for pid in pids)


def finished(out: Path) -> set[str]:
    return {sector for sector, report in DONE.items() if (out / report).exists()}


def content(out: Path) -> dict[str, bytes]:
    """Every file of every set."""
    files = [file for sector in SECTORS for file in (out / sector.lower()).rglob("*") if file.is_file()]
    return {str(file.relative_to(out)): file.read_bytes() for file in files}


def sets(said: str) -> dict[str, Any]:
    return {one["sector"]: one for one in json.loads(said)["sets"]}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What an undisturbed run leaves."""
    out = tmp_path_factory.mktemp("whole")
    code, _, err = Child(out).ended()
    assert code == 0, err
    return content(out)


@pytest.mark.timeout(900)
def test_a_run_killed_with_all_its_workers_goes_on(whole: dict[str, bytes], tmp_path: Path) -> None:
    child = Child(tmp_path)
    child.until(lambda: bool(finished(tmp_path)))
    workers = child.workers()
    os.killpg(child.process.pid, signal.SIGKILL)
    child.ended()
    before = finished(tmp_path)
    assert gone(workers)
    assert len(before) < len(SECTORS)

    code, said, err = Child(tmp_path).ended()

    assert code == 0, err
    assert {sector for sector, one in sets(said).items() if one["found"]} == before
    assert content(tmp_path) == whole


@pytest.mark.timeout(900)
def test_a_worker_killed_alone_costs_its_set_and_one_line(whole: dict[str, bytes], tmp_path: Path) -> None:
    child = Child(tmp_path)
    child.until(lambda: len(child.workers()) == 2)
    os.kill(child.workers()[0], signal.SIGKILL)

    code, said, err = child.ended()

    assert code == 1
    lost = [sector for sector, one in sets(said).items() if one["verdict"] == "not trained"]
    assert err == f"tapeline: {lost[0]} 1: {sets(said)[lost[0]]['sentence']}\n"
    assert "its worker was killed" in err
    assert finished(tmp_path) == set(SECTORS) - set(lost)
    assert len(lost) == 1
    assert Child(tmp_path).ended()[0] == 0
    assert content(tmp_path) == whole


@pytest.mark.timeout(900)
def test_ctrl_c_ends_at_once_and_leaves_nobody(tmp_path: Path) -> None:
    child = Child(tmp_path)
    child.until(lambda: len(child.workers()) == 2)
    workers = child.workers()
    os.killpg(child.process.pid, signal.SIGINT)
    start = time.monotonic()

    code, said, err = child.ended()

    assert time.monotonic() - start < 10.0
    assert (code, said) == (130, "")
    assert "Traceback" not in err
    assert gone(workers)
