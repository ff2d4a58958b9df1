"""A test that is left out is counted, and in CI a skipped one fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.house import ROOT

SMALL = {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
SETTINGS = "[pytest]\nmarkers =\n  chaos: x\n  slow: x\n  realdata: x\n"
TESTS = """
import pytest

def test_plain(): ...

@pytest.mark.chaos
def test_campaign(): ...

@pytest.mark.slow
def test_long(): ...

@pytest.mark.realdata
def test_recorded(): ...

def test_skipped():
    pytest.skip("no server")

@pytest.mark.xfail(reason="a known gap", strict=True)
def test_gap():
    assert False
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project of its own."""
    (tmp_path / "pytest.ini").write_text(SETTINGS)
    (tmp_path / "test_some.py").write_text(TESTS)
    return tmp_path


def last_line(project: Path, *options: str, **environment: str) -> str:
    """What pytest says at the end."""
    kept = {name: value for name, value in os.environ.items() if name not in {"CI", "TAPELINE_TEST_DATA"}}
    plugins = ["-p", "no:cacheprovider", "-p", "tests.fixtures.left_out"]
    command = [sys.executable, "-m", "pytest", "-q", *plugins, *options, str(project)]
    child = subprocess.run(
        command,
        cwd=project,
        env={**kept, **SMALL, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return child.stdout.splitlines()[-1]


def test_extra_tests_are_left_out_and_counted(project: Path) -> None:
    assert "1 passed, 1 skipped, 3 deselected, 1 xfailed" in last_line(project)


def test_extra_tests_run_when_asked_for(project: Path) -> None:
    assert "1 passed, 5 deselected" in last_line(project, "-m", "chaos")


def test_tests_on_recorded_data_run_where_the_data_is(project: Path) -> None:
    said = last_line(project, TAPELINE_TEST_DATA=str(project))
    assert "2 passed, 1 skipped, 2 deselected, 1 xfailed" in said


def test_a_skip_fails_in_ci_and_a_known_gap_does_not(project: Path) -> None:
    assert "1 failed, 1 passed, 3 deselected, 1 xfailed" in last_line(project, CI="1")
