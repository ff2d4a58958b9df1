"""The loop that keeps every child alive, and ends them all together."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from subprocess import Popen
from typing import Final

from shared import leash
from shared.failures import Refused
from tapeline.desk.child import Child, Clock, Plan

STOP_PATIENCE_S: Final = 10.0
USER_MISTAKE: Final = 3
"""The exit code of a service that will say the same however often it is started."""
LARGEST_LOG: Final = 16 << 20


class Supervisor:
    """Every service as a child of ours, one thread, no surprises."""

    def __init__(self, plans: Sequence[Plan], logs: Path, clock: Clock = time.monotonic) -> None:
        self._logs = logs
        self.children = tuple(Child(plan, self._launch, clock) for plan in plans)

    def start(self) -> None:
        """Starts every child."""
        for child in self.children:
            child.start()

    def look(self) -> Iterator[str]:
        """One round: notices deaths, starts again what is due, keeps the logs small."""
        for child in self.children:
            said = child.look()
            if said:
                yield said
            if child.last_code == USER_MISTAKE:
                raise Refused(
                    f"{child.plan.name} refuses to start: {last_line(self._log_of(child.plan.name))}"
                )
            _shorten(self._log_of(child.plan.name))

    def stop(self) -> None:
        """Asks all at once, waits for all together, then insists."""
        for child in self.children:
            child.ask_to_stop()
        give_up = time.monotonic() + STOP_PATIENCE_S
        for child in self.children:
            child.finish(max(0.0, give_up - time.monotonic()))

    def logs(self) -> Mapping[str, Path]:
        """Where each child's words go."""
        return {child.plan.name: self._log_of(child.plan.name) for child in self.children}

    def _log_of(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def _launch(self, plan: Plan) -> Popen[bytes]:
        with self._log_of(plan.name).open("ab") as output:
            return leash.start(leash.Errand(plan.words, plan.env, output=output, on_orphaned=signal.SIGKILL))


def last_line(log: Path) -> str:
    """The last words in a log."""
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() if log.exists() else []
    return lines[-1] if lines else "it said nothing"


def _shorten(log: Path) -> None:
    """Children append, so that cutting the file to nothing is safe while they write."""
    try:
        if log.stat().st_size > LARGEST_LOG:
            shutil.copyfile(log, log.with_suffix(".log.1"))
            os.truncate(log, 0)
    except FileNotFoundError:
        return
