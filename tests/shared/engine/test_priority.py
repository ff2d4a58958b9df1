"""A process that nobody waits for stands back, in every order of precedence that the machine has."""

from __future__ import annotations

import os
import subprocess
import sys

from shared.engine.priority import SESSION

STAND_BACK = """
import os
from shared.engine.priority import SESSION, stand_back
stand_back(5)
print(os.getpriority(os.PRIO_PROCESS, 0), SESSION.read_text().split()[-1] if SESSION.exists() else 5)
"""


def test_it_stands_back_among_processes_and_among_sessions() -> None:
    said = subprocess.run(
        [sys.executable, "-c", STAND_BACK], capture_output=True, text=True, check=True, start_new_session=True
    ).stdout.split()
    assert int(said[0]) >= 5
    assert int(said[1]) == 5


def test_who_stands_further_back_already_stays_there() -> None:
    """To come forward is refused to all but root: a desk started with `nice` would lose its ledger."""
    code = f"import os; os.nice(12); {STAND_BACK}"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, start_new_session=True
    ).stdout.split()
    assert int(said[0]) >= 12


def test_the_session_of_others_is_left_alone() -> None:
    before = SESSION.read_text() if SESSION.exists() else ""
    test_it_stands_back_among_processes_and_among_sessions()
    assert (SESSION.read_text() if SESSION.exists() else "") == before
    assert os.getpriority(os.PRIO_PROCESS, 0) < 20
