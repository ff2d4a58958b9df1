"""Stopping a desk from another terminal."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from shared.failures import Refused
from tapeline.desk.state import LOCK_FILE, running


def stop_desk(data: Path, patience_s: float) -> int | None:
    """Asks the desk to stop and waits until its lock is free; gives its process, or None if none ran."""
    if not running(data):
        return None
    pid = int((data / LOCK_FILE).read_text(encoding="ascii") or "0")
    if pid <= 0:
        raise Refused(
            f"a desk holds {data / LOCK_FILE} but its process is unknown; stop it in its own terminal"
        )
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        pass
    except PermissionError:
        raise Refused(f"the desk (process {pid}) belongs to somebody else; they must stop it") from None
    give_up = time.monotonic() + patience_s
    while running(data):
        if time.monotonic() > give_up:
            raise Refused(
                f"the desk (process {pid}) still stops after {patience_s:.0f} s; look at {data / 'logs'}"
            )
        time.sleep(0.05)
    return pid
