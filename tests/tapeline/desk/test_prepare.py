from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest
from rich.console import Console

from shared.failures import Refused
from tapeline.desk.prepare import STEPS, Step, own, prepare


def step(makes: str, code: str) -> Step:
    return Step(makes, (sys.executable, "-S", "-c", code))


def test_steps_run_in_order_and_each_is_said(tmp_path: Path) -> None:
    out = io.StringIO()
    steps = [step("one", "print('1', flush=True)"), step("two", "print('2', flush=True)")]
    prepare(steps, os.environ, tmp_path, Console(file=out))
    assert (tmp_path / "prepare.log").read_text() == "1\n2\n"
    assert [line.split()[:2] for line in out.getvalue().splitlines()] == [["✓", "one"], ["✓", "two"]]


def test_a_step_that_fails_ends_the_start_with_its_last_words(tmp_path: Path) -> None:
    steps = [step("a model", "print('no rows'); raise SystemExit(1)"), step("two", "open('never', 'w')")]
    with pytest.raises(Refused, match="a model could not be made: no rows"):
        prepare(steps, os.environ, tmp_path, Console(file=io.StringIO()))


def test_tables_come_first_and_the_run_last() -> None:
    assert STEPS[0].words[-2:] == ("db", "upgrade")
    assert STEPS[-1].words[-1] == "open-run"


def test_own_verbs_run_in_this_python() -> None:
    assert own("x", "warm").words == (sys.executable, "-m", "tapeline", "warm")
