"""A model's trial in a child process: started, looked after without waiting, ended when its time is up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from services.inference.trial import Task
from shared import leash
from shared.failures import Refused
from shared.time import SECOND_NS

LIMIT_NS: Final = 120 * SECOND_NS
"""A warm child needs three seconds of a processor, one that must compile first half a minute of it."""
LOOK_EVERY_S: Final = 0.02
LAST_BYTES: Final = 2_000
ROOT: Final = Path(__file__).parents[2]
CHILD: Final = (sys.executable, "-m", "services.inference.trial")
KNOWN: Final = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "PYTHONPATH")
"""All that a child sees of our environment: no address, no password, no key."""
ONE_THREAD: Final = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA")}


class Trial:
    """One child that opens one model."""

    def __init__(self, task: Task, now_ns: int, words: Sequence[str] = CHILD) -> None:
        self._task = task
        self._until_ns = now_ns + LIMIT_NS
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the child)
        told = msgspec.json.encode(task).decode()
        self._child = subprocess.Popen(
            [*words, told],
            env=_surroundings(),
            stdin=subprocess.DEVNULL,
            stdout=self._said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def outcome(self, now_ns: int) -> str | None:
        """None while it runs, nothing if the child says yes, else why the model must not be used."""
        if self._child.poll() is None:
            if now_ns < self._until_ns:
                return None
            self.stop()
            return f"model {self._task.folder} did not answer within {LIMIT_NS // SECOND_NS} s"
        code, said = self._child.returncode, self._last_line()
        if code == 0:
            return ""
        if code == 1 and said.startswith(("model ", "manifest ")):
            return said
        how = signal.Signals(-code).name if code < 0 else f"code {code}"
        return f"model {self._task.folder}: the child that opened it ended with {how}: {said or 'no word'}"

    def stop(self) -> None:
        """Ends the child, whatever it does."""
        leash.stop(self._child, signal.SIGKILL, patience_s=1.0)

    def _last_line(self) -> str:
        size = self._said.seek(0, os.SEEK_END)
        self._said.seek(max(0, size - LAST_BYTES))
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        return lines[-1][:500] if lines else ""


def tried(task: Task, words: Sequence[str] = CHILD) -> None:
    """Waits for a trial; raises the line that says why the model must not be used."""
    trial = Trial(task, time.monotonic_ns(), words)
    try:
        while (said := trial.outcome(time.monotonic_ns())) is None:
            time.sleep(LOOK_EVERY_S)
    finally:
        trial.stop()
    if said:
        raise Refused(said)


def _surroundings() -> dict[str, str]:
    kept = {name: os.environ[name] for name in KNOWN if name in os.environ}
    path = ":".join(part for part in (str(ROOT), kept.get("PYTHONPATH", "")) if part)
    return {**kept, **ONE_THREAD, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
