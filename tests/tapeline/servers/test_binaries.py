from __future__ import annotations

import os
from pathlib import Path

import pytest

from tapeline.servers import binaries as b

ME = b.Owner("me", os.getuid(), os.getgid())
NOBODY = b.Owner("nobody", 65_534, 65_534)


def program(folder: Path, name: str, version: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
    file.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with Postgres 14 and 17 of its own."""
    for version in ("14.2", "17.0"):
        for name in ("postgres", "initdb"):
            program(tmp_path / version.split(".")[0] / "bin", name, version)
    monkeypatch.setattr(b, "SYSTEM_PLACES", (str(tmp_path / "*" / "bin"),))
    return tmp_path


def test_the_newest_of_the_machine_is_taken(machine: Path) -> None:
    found = b.find_postgres({"PATH": ""})
    assert found == b.Binaries(machine / "17" / "bin", 17, False)


def test_old_data_gets_the_version_that_made_it(machine: Path) -> None:
    found = b.find_postgres({"PATH": ""}, major=14)
    assert found is not None
    assert found.major == 14


def test_a_version_that_is_gone_is_not_replaced_by_another(machine: Path) -> None:
    assert b.find_postgres({"PATH": ""}, major=9) is None


def test_a_folder_without_initdb_is_no_postgres(machine: Path) -> None:
    (machine / "17" / "bin" / "initdb").unlink()
    found = b.find_postgres({"PATH": ""})
    assert found is not None
    assert found.major == 14


def test_a_private_folder_cannot_be_reached_by_others(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    assert b.reachable(private, ME)
    assert not b.reachable(private, NOBODY) or os.getuid() == NOBODY.uid


def test_programs_are_copied_with_their_libraries(tmp_path: Path) -> None:
    site = tmp_path / "site"
    install = site / "carrier" / "pginstall18"
    for name in ("postgres", "initdb"):
        program(install / "bin", name, "18.0")
    for folder in ("lib", "share"):
        (install / folder).mkdir()
    (site / "carrier.libs").mkdir()
    (site / "carrier.libs" / "libpq.so").write_text("x")

    made = b.copied(b.Binaries(install / "bin", 18, True), tmp_path / "open")

    assert os.access(made.folder / "postgres", os.X_OK)
    assert (made.folder / "../../../carrier.libs/libpq.so").exists()
    assert b.copied(b.Binaries(install / "bin", 18, True), tmp_path / "open") == made
