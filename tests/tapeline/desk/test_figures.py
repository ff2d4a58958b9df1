from __future__ import annotations

import subprocess
import sys

from tapeline.desk.child import Child, Plan
from tapeline.desk.figures import service_line
from tapeline.desk.vitals import Vitals


def child() -> Child:
    made = Child(
        Plan("risk", (), {}), lambda _: subprocess.Popen([sys.executable, "-S", "-c", ""]), lambda: 0.0
    )
    made.start()
    return made


def test_a_process_that_does_not_answer_yet_is_starting() -> None:
    assert service_line(child(), None, 0.0).state == "starting"
    assert service_line(child(), Vitals(ready=False), 0.0).state == "starting"


def test_a_process_that_says_so_is_ready() -> None:
    line = service_line(child(), Vitals(ready=True, lag_blocks=4.0), 10.0)
    assert (line.state, line.lag_blocks, line.rows_s) == ("ready", 4.0, 10.0)
