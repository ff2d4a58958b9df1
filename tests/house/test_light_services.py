"""A service starts with what it uses: what it does not use costs every restart."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.fixtures.house import ROOT

NEVER = {"sqlalchemy", "alembic", "pandas", "pyarrow", "lightgbm", "exchange_calendars", "rich"}
LIGHT = ("execution", "ledger")
COMPILED = ("features", "inference", "risk", "venue", "ingest")


def loaded_by(service: str) -> set[str]:
    """The packages that a process of this service has imported before it opens anything."""
    names = [f"services.{service}.stages", "shared.engine.service"]
    kept = {name: os.environ[name] for name in ("HOME", "PATH", "LD_LIBRARY_PATH") if name in os.environ}
    command = [sys.executable, "-m", "tests.fixtures.import_probe", *names]
    child = subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, text=True, check=True)
    told = json.loads(child.stdout)
    assert told["failed"] == {}
    return set(told["loaded"])


@pytest.mark.parametrize("service", LIGHT)
def test_what_carries_orders_and_money_starts_without_compiler_and_schema(service: str) -> None:
    assert loaded_by(service).isdisjoint({*NEVER, "numba"})


@pytest.mark.parametrize("service", COMPILED)
def test_what_decides_starts_without_schema_and_data_frames(service: str) -> None:
    loaded = loaded_by(service)
    assert "numba" in loaded
    assert loaded.isdisjoint(NEVER)
