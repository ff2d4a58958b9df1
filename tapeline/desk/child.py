"""One service under supervision: started, watched, and started again after a pause that grows."""

from __future__ import annotations

import enum
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from shared import leash

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0
CALM_S: Final = 60.0
"""A child that lived this long has recovered: the next pause is short again."""


class State(enum.Enum):
    """Where a child stands."""

    NEW = "new"
    RUNNING = "running"
    WAITING = "waiting"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Plan:
    """What to run under which name, and the port of its health server."""

    name: str
    words: tuple[str, ...]
    env: Mapping[str, str]
    port: int = 0


Clock = Callable[[], float]
Launch = Callable[[Plan], "subprocess.Popen[bytes]"]


class Child:
    """A process and its history."""

    def __init__(self, plan: Plan, launch: Launch, clock: Clock) -> None:
        self.plan = plan
        self.state = State.NEW
        self.restarts = 0
        self.last_code = 0
        self._launch = launch
        self._clock = clock
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._due = 0.0
        self._pause_s = FIRST_PAUSE_S

    @property
    def pid(self) -> int:
        """The process that runs now, 0 if none does."""
        return self._process.pid if self._process is not None and self.state is State.RUNNING else 0

    @property
    def uptime_s(self) -> float:
        """How long the present process has lived."""
        return self._clock() - self._started if self.state is State.RUNNING else 0.0

    def start(self) -> None:
        """Starts the process."""
        self._process = self._launch(self.plan)
        self._started = self._clock()
        self.state = State.RUNNING

    def look(self) -> str:
        """Notices an exit and starts again when its time has come; says what is worth a line."""
        if self.state is State.RUNNING and self._process is not None and self._process.poll() is not None:
            return self._mourn(self._process.returncode)
        if self.state is State.WAITING and self._clock() >= self._due:
            self.restarts += 1
            self.start()
            return f"{self.plan.name} started again (restart {self.restarts})"
        return ""

    def ask_to_stop(self) -> None:
        """Sends SIGTERM and does not wait."""
        if self.state is State.RUNNING and self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def finish(self, patience_s: float) -> None:
        """Waits for the end, or makes one."""
        if self._process is not None:
            leash.stop(self._process, signal.SIGTERM, patience_s)
        self.state = State.STOPPED

    def ended(self) -> bool:
        """Whether no process of this child runs."""
        return self._process is None or self._process.poll() is not None

    def _mourn(self, code: int) -> str:
        self.last_code = code
        if self.uptime_s >= CALM_S:
            self._pause_s = FIRST_PAUSE_S
        pause_s, self._pause_s = self._pause_s, min(2 * self._pause_s, LONGEST_PAUSE_S)
        self._due = self._clock() + pause_s
        self.state = State.WAITING
        return f"{self.plan.name} {how_it_ended(code)}; it starts again in {pause_s:g} s"


def how_it_ended(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"
