"""Child processes that cannot outlive us: not after Ctrl-C, not after kill -9."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

PR_SET_PDEATHSIG: Final = 1


@dataclass(frozen=True)
class Errand:
    """What to run and how: its words, surroundings, output, owner, and the signal for our own death."""

    words: Sequence[str]
    env: Mapping[str, str]
    output: IO[bytes] | int = subprocess.DEVNULL
    user: int | None = None
    group: int | None = None
    folder: Path | None = None
    on_orphaned: signal.Signals = field(default=signal.SIGKILL)


def start(errand: Errand) -> subprocess.Popen[bytes]:
    """Starts a child in a session of its own, so that a Ctrl-C at the terminal reaches only us.

    What runs between fork and exec is one system call, and whoever calls this has a single thread.
    """
    return subprocess.Popen(
        list(errand.words),
        env=dict(errand.env),
        stdin=subprocess.DEVNULL,
        stdout=errand.output,
        stderr=subprocess.STDOUT,
        cwd=errand.folder,
        user=errand.user,
        group=errand.group,
        extra_groups=None if errand.user is None else [],
        start_new_session=True,
        preexec_fn=_tie(errand.on_orphaned) if sys.platform == "linux" else None,  # noqa: PLW1509
    )


def tie_to_parent(how: signal.Signals = signal.SIGKILL) -> None:
    """Lets the kernel end this process when its parent dies: for a child of a parent with several threads."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(how), 0, 0, 0)


def stop(child: subprocess.Popen[bytes], how: signal.Signals, patience_s: float) -> int:
    """Asks, waits, then insists; nothing of the child's session is left behind."""
    if child.poll() is None:
        _signal(child.pid, how, os.kill)
        try:
            child.wait(patience_s)
        except subprocess.TimeoutExpired:
            _signal(child.pid, signal.SIGKILL, os.killpg)
            child.wait()
    _signal(child.pid, signal.SIGKILL, os.killpg)
    return child.returncode


def _signal(pid: int, how: signal.Signals, send: Callable[[int, int], None]) -> None:
    try:
        send(pid, how)
    except (ProcessLookupError, PermissionError):
        return


def _tie(how: signal.Signals) -> Callable[[], None]:
    library = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def tie() -> None:
        library.prctl(PR_SET_PDEATHSIG, int(how), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return tie
