"""Giving way to others on a machine with few cores."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

SESSION: Final = Path("/proc/self/autogroup")
"""Where Linux shares the cores among sessions before it shares them among processes."""
TRIES: Final = 10
PAUSE_S: Final = 0.11
"""The kernel takes one such wish a tenth of a second from people without rights."""


def stand_back(steps: int) -> None:
    """Lets processes with more right to a core go first: those of our session, and other sessions."""
    # Who was started further back stays there: to come forward takes rights that a service has not.
    os.setpriority(os.PRIO_PROCESS, 0, max(steps, os.getpriority(os.PRIO_PROCESS, 0)))
    if not SESSION.exists():
        return
    for _ in range(TRIES):
        try:
            SESSION.write_text(str(steps), encoding="ascii")
            return
        except BlockingIOError:
            time.sleep(PAUSE_S)
