"""Where a machine lacks something, the set-up says in one line what it is and how to mend it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from itertools import chain
from pathlib import Path

import pytest

from tests.fixtures.house import ROOT

TOOLS = ("sh", "dirname")
OLD = 'case "$1" in --version) echo Python 3.9.2 ;; *) exit 1 ;; esac'
WITHOUT_VENV = 'case "$2" in *ensurepip*) exit 1 ;; --version) echo Python 3.11.2 ;; *) exit 0 ;; esac'
WITHOUT_REDIS = 'case "$1 $2" in --version*) echo Python 3.13.1 ;; *platform*) exit 1 ;; *) exit 0 ;; esac'


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder of programs with little more than a shell."""
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / tool).symlink_to(found)
    return tmp_path


def set_up(machine: Path, python: str) -> list[str]:
    """The lines that the set-up says with this interpreter; it must fail."""
    interpreter = machine / "a-python"
    interpreter.write_text(f"#!/bin/sh\n{python}\n")
    interpreter.chmod(0o755)
    environment = {"PATH": str(machine), "PYTHON": str(interpreter), "HOME": os.devnull}
    command = ["sh", str(ROOT / "deploy" / "setup.sh"), str(machine / "venv")]
    child = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert child.returncode == 1, child.stdout + child.stderr
    return (child.stdout + child.stderr).splitlines()


@pytest.mark.parametrize(
    ("python", "found", "mend"),
    [
        (OLD, "3.9.2", "apt-get install python3.11"),
        (WITHOUT_VENV, "cannot make virtual environments", "apt-get install python3-venv"),
        (WITHOUT_REDIS, "no Redis", "apt-get install redis-server"),
    ],
    ids=["old Python", "no venv", "no Redis"],
)
def test_what_is_missing_is_one_line_with_its_mend(machine: Path, python: str, found: str, mend: str) -> None:
    said = set_up(machine, python)
    assert len(said) == 1
    assert found in said[0]
    assert mend in said[0]
    assert not (machine / "venv").exists()


def test_the_lock_names_every_hash_and_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = [line for line in lock.splitlines() if line and not line.startswith((" ", "#"))]
    assert all("==" in line and line.endswith("\\") for line in pinned)
    assert "://" not in lock


def test_the_lock_holds_what_the_project_asks_for() -> None:
    """Every package that pyproject.toml names for the desk and for development is pinned."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = {
        name: wants for name, wants in project["project"]["optional-dependencies"].items() if name != "kafka"
    }
    wanted = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
        *chain(*extras.values()),
    ]
    names = {re.split(r"[\[<>=;! ]", want)[0].lower().replace("_", "-") for want in wanted} - {"tapeline"}
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert names <= {line.partition("==")[0] for line in lock.splitlines() if "==" in line}
