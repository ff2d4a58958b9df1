"""Importing a module does nothing, and what carries orders and money stays light."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.fixtures.house import ROOT, module_name, sources

HEAVY = {"numba", "pandas", "pyarrow", "lightgbm", "scipy"}
LIGHT = ("services/api", "services/execution", "services/ledger", "tapeline/desk/supervisor")


class Told(NamedTuple):
    """What a child process saw while it imported."""

    failed: dict[str, str]
    deeds: list[str]
    compiled: list[str]
    threads: list[str]
    loaded: list[str]


def importable() -> list[str]:
    """Every module; alembic runs migrations itself."""
    return [module_name(file) for file in sources() if "migrations" not in file.parts]


@cache
def imported(modules: tuple[str, ...]) -> Told:
    """Imports modules in a fresh process that has an almost empty environment."""
    command = [sys.executable, "-m", "tests.fixtures.import_probe", *modules]
    kept = {name: os.environ[name] for name in ("HOME", "PATH", "LD_LIBRARY_PATH") if name in os.environ}
    quiet = {**kept, "PYTHONDONTWRITEBYTECODE": "1"}
    child = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True, timeout=120)
    assert child.returncode == 0, child.stderr
    return Told(**json.loads(child.stdout))


@pytest.fixture(scope="module")
def everything() -> Told:
    return imported(tuple(importable()))


def test_every_module_can_be_imported(everything: Told) -> None:
    assert everything.failed == {}


def test_importing_opens_no_socket_no_file_no_process_and_no_environment(everything: Told) -> None:
    assert everything.deeds == []


def test_importing_compiles_nothing(everything: Told) -> None:
    assert everything.compiled == []


def test_importing_starts_no_thread(everything: Told) -> None:
    assert everything.threads == []


@pytest.mark.parametrize("place", LIGHT)
def test_what_carries_orders_and_money_loads_no_compiler_and_no_data_frames(place: str) -> None:
    files = [file for file in sources() if str(file).startswith(place) and "migrations" not in file.parts]
    assert files, f"nothing lies at {place}"
    told = imported(tuple(module_name(file) for file in files))
    assert told.failed == {}
    assert HEAVY.isdisjoint(told.loaded)


def told_of(folder: Path, guilty: str) -> Told:
    """What the watch says of a module with this text."""
    (folder / "tests" / "fixtures").mkdir(parents=True)
    (folder / "guilty.py").write_text(guilty)
    probe = (ROOT / "tests/fixtures/import_probe.py").read_text(encoding="utf-8")
    (folder / "tests/fixtures/import_probe.py").write_text(probe)
    command = [sys.executable, "-m", "tests.fixtures.import_probe", "guilty"]
    child = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return Told(**json.loads(child.stdout))


def test_the_watch_sees_deeds(tmp_path: Path) -> None:
    """A module that does everything wrong is caught, or the tests above would prove nothing."""
    guilty = """import os, socket
os.environ.get("HOME")
socket.socket().close()
open(os.devnull, "w").close()
"""
    deeds = told_of(tmp_path, guilty).deeds
    assert [deed.split()[0] for deed in deeds] == ["guilty.py:2", "guilty.py:3", "guilty.py:4"]


def test_the_watch_sees_a_kernel_that_is_compiled_too_early(tmp_path: Path) -> None:
    guilty = """import numba
@numba.njit("int64(int64)")
def double(x):
    return 2 * x
"""
    assert told_of(tmp_path, guilty).compiled == ["guilty.double"]
