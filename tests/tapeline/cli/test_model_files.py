"""Models as files: nothing is registered that nobody has signed, and what is handed out can be taken in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shared.failures import Refused
from shared.models.keys import public_key, signing_key
from shared.store.contract import RunRow
from shared.store.postgres import PostgresStore
from tapeline.__main__ import app
from tapeline.cli.outcome import DataMissing
from tests.fixtures import models
from tests.fixtures.desk_models import enrolled
from tests.fixtures.plans import PLAN
from tests.fixtures.signed import lay
from tests.fixtures.terminal import Terminal


@pytest.fixture
def store(terminal: Terminal) -> Iterator[PostgresStore]:
    made = PostgresStore(terminal.db, terminal.data)
    made.open_run(RunRow(run="desk", mode="live", settings=PLAN.text()))
    yield made
    made.close()


def test_an_unsigned_model_is_imported_only_by_who_vouches_for_it(
    terminal: Terminal, store: PostgresStore, tmp_path: Path
) -> None:
    folder = lay(models.single("linear"), tmp_path / "made")
    (folder / "report.html").write_text("how it went")
    refused = terminal.types("models", "import", str(folder))
    assert isinstance(refused.exception, Refused) and "is not signed" in str(refused.exception)
    assert store.models() == []
    told = terminal.json("models", "import", str(folder), "--sign", "--why", "mine")
    assert (told["name"], told["stage"], told["verdict"]) == ("toy", "candidate", "not judged")
    assert terminal.json("models", "import", str(folder), "--sign")["version"] == 1
    missing = terminal.types("models", "import", str(tmp_path / "none"))
    assert isinstance(missing.exception, DataMissing)


def test_what_one_desk_hands_out_another_takes_in_once_it_trusts_the_key(
    terminal: Terminal, store: PostgresStore, tmp_path: Path
) -> None:
    theirs = tmp_path / "theirs"
    row = enrolled(store, terminal.data)
    out = tmp_path / "out"
    assert terminal.json("models", "export", "toy", str(out))["address"] == row.address
    there = ("--db", terminal.db, "--data", str(theirs), "--json")
    refused = CliRunner().invoke(app, ["models", "verify", str(out), *there])
    assert isinstance(refused.exception, Refused) and "models trust" in str(refused.exception)
    key = public_key(signing_key(terminal.data))
    assert CliRunner().invoke(app, ["models", "trust", key, "the first desk", *there]).exit_code == 0
    told = json.loads(CliRunner().invoke(app, ["models", "verify", str(out), *there]).stdout)
    assert (told["address"], told["key"], told["ok"]) == (row.address, key, True)
    listed = json.loads(CliRunner().invoke(app, ["models", "keys", *there]).stdout)
    assert listed["trusted"] == [key] and listed["own"] != key


def test_a_model_whose_file_was_changed_is_found_out(terminal: Terminal, store: PostgresStore) -> None:
    row = enrolled(store, terminal.data)
    (terminal.data / "models" / row.address / "lightgbm.bin").write_bytes(b"other")
    for words in (("verify", "toy"), ("verify", row.address), ("export", "toy", str(terminal.data / "o"))):
        refused = terminal.types("models", *words)
        assert isinstance(refused.exception, Refused) and "has sha256" in str(refused.exception)


def test_without_a_record_a_model_is_listed_from_its_folder(tmp_path: Path, store: PostgresStore) -> None:
    row = enrolled(store, tmp_path)
    (told,) = json.loads(
        CliRunner().invoke(app, ["models", "list", "--data", str(tmp_path), "--json"]).stdout
    )
    assert (told["address"], told["stage"], told["name"]) == (row.address, "unknown", "toy")
    done = CliRunner().invoke(app, ["models", "verify", "toy", "--data", str(tmp_path)])
    assert isinstance(done.exception, DataMissing) and "whole address" in str(done.exception)


def test_a_set_is_signed_into_a_new_folder(terminal: Terminal, tmp_path: Path) -> None:
    for each in ("energy/1d", "energy/5d"):
        lay(models.single("linear"), tmp_path / "set" / each)
    told = terminal.json("models", "sign", str(tmp_path / "set"), str(tmp_path / "signed"))
    assert told["models"] == ["energy/1d", "energy/5d"]
    assert (tmp_path / "signed" / "energy" / "1d" / "manifest.sig").is_file()
    nothing = terminal.types("models", "sign", str(tmp_path / "signed" / "energy"), str(tmp_path / "x"))
    assert isinstance(nothing.exception, DataMissing)
