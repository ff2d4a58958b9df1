"""`tapeline ingest lean`, as a user types it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.ingest.known_actions import read_actions
from services.ingest.tape import read_tape
from shared.actions import Action
from tapeline.__main__ import app
from tapeline.cli.outcome import code_of

DAYS = "20130627 00:00,900000,910000,890000,900000,500\n20130628 00:00,900000,920000,890000,910000,500\n"
HALVED = "20130701 00:00,455000,460000,450000,455000,1000\n20130702 00:00,455000,460000,450000,456000,1000\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two symbols; AAA is split two for one over the weekend before 1 July 2013."""
    equity = tmp_path / "lean" / "equity" / "usa"
    (equity / "daily").mkdir(parents=True)
    for name, text in (("aaa", DAYS + HALVED), ("bbb", DAYS)):
        with zipfile.ZipFile(equity / "daily" / f"{name}.zip", "w") as archive:
            archive.writestr(f"{name}.csv", text)
    (equity / "factor_files").mkdir()
    (equity / "factor_files" / "aaa.csv").write_text("20130628,1,0.5,91\n20501231,1,1,0\n")
    return tmp_path / "lean"


def tapeline(tmp_path: Path, *words: str | Path) -> Result:
    """One command on an empty data folder."""
    told = [
        "ingest",
        "lean",
        *words,
        "--lake",
        tmp_path / "lake",
        "--resolution",
        "daily",
        "--data",
        tmp_path,
    ]
    return CliRunner().invoke(app, [str(word) for word in told])


def test_a_folder_goes_into_the_lake_with_its_actions(folder: Path, tmp_path: Path) -> None:
    for _ in range(2):
        done = tapeline(tmp_path, folder, "--symbols", "BBB,AAA", "--report", "--json")
        assert done.exit_code == 0, done.output
    tape = read_tape(tmp_path / "lake")
    assert [row.symbol for row in tape.instruments] == ["BBB", "AAA"]
    assert len(tape.ticks) == 6
    actions = read_actions(tmp_path / "lake")
    assert actions["action"].tolist() == [Action.SPLIT]
    assert actions["instrument"].tolist() == [2]
    (quality,) = json.loads(done.stdout)["quality"]
    assert quality["reasons"] == {}


def test_another_request_finds_the_symbols_under_their_ids(folder: Path, tmp_path: Path) -> None:
    tapeline(tmp_path, folder, "--symbols", "BBB")
    tapeline(tmp_path, folder, "--symbols", "AAA,BBB", "--from", "2013-07-01", "--to", "2013-07-01")
    tape = read_tape(tmp_path / "lake")
    assert [row.symbol for row in tape.instruments] == ["BBB", "AAA"]
    assert tape.ticks["instrument"].tolist() == [1, 1, 2]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("none",), 5),
        (("lean", "--from", "July"), 2),
        (("lean", "--asset", "tulips"), 1),
        (("lean", "--symbols", "X"), 1),
    ],
)
def test_every_mistake_has_its_code(folder: Path, tmp_path: Path, words: tuple[str, ...], code: int) -> None:
    done = tapeline(tmp_path, tmp_path / words[0], "--symbols", "AAA", *words[1:])
    failure = done.exception
    assert (done.exit_code if isinstance(failure, SystemExit) else code_of(failure or Exception())) == code
