"""`tapeline quality` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tapeline.__main__ import app
from tapeline.cli.outcome import DataMissing

CSV = """timestamp,symbol,open,high,low,close,volume
2024-01-02T21:00:00Z,AAA,10.0,10.5,9.5,10.2,100
2024-01-03T21:00:00Z,AAA,10.0,9.5,10.5,10.2,100
2024-01-04T21:00:00Z,AAA,,10.6,9.6,10.1,120
"""


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    path = tmp_path / "days.csv"
    path.write_text(CSV)
    return path


def test_a_table_for_people(tape: Path) -> None:
    done = CliRunner().invoke(app, ["quality", str(tape), "--plan", "daily"])

    assert done.exit_code == 0, done.output
    assert "66.67% complete" in done.output
    assert "HIGH_BELOW_LOW" in done.output
    assert "MISSING_OPEN" in done.output


def test_a_file_is_judged_row_by_row_in_its_own_order_as_ingest_would(tmp_path: Path) -> None:
    file = tmp_path / "coins.csv"
    rows = [
        "2024-01-02T00:00:09Z,A,2.50,1",
        "2024-01-02T00:00:01Z,A,2.50,1",
        "2024-01-02T00:00:02Z,B,0.001,1",
    ]
    file.write_text(
        "timestamp,symbol,price,size\n" + "\n".join([*rows, "2024-01-02T00:00:10Z,A,nan,1"]) + "\n"
    )
    said = CliRunner().invoke(app, ["quality", str(file), "--json"])
    took = CliRunner().invoke(app, ["ingest", "files", str(file), "--to", str(tmp_path / "lake"), "--json"])

    told = json.loads(said.stdout)
    assert told["refused"] == 3
    assert {"TOO_LATE": 1, "BELOW_GRID": 1, "NOT_A_NUMBER": 1}.items() <= told["reasons"].items()
    assert json.loads(took.stdout)["files"][0]["quarantined"] == 3
    assert "below half a tick" in said.stderr


def test_json_for_machines(tape: Path) -> None:
    done = CliRunner().invoke(app, ["quality", str(tape), "--plan", "daily", "--source", "vendor", "--json"])

    told = json.loads(done.stdout)
    assert (told["source"], told["rows"], told["refused"]) == ("vendor", 3, 1)
    assert told["reasons"] == {"HIGH_BELOW_LOW": 1, "MISSING_OPEN": 1}


def test_no_tape_is_said_in_one_line(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["quality", str(tmp_path / "none")])

    assert isinstance(done.exception, DataMissing)


@pytest.mark.postgres
def test_a_report_is_kept_in_the_folder_and_the_record(tape: Path, postgres_url: str) -> None:
    from shared.store.postgres import PostgresStore

    data = tape.parent / "data"
    words = ["quality", str(tape), "--plan", "daily", "--save", "--data", str(data), "--db", postgres_url]
    done = CliRunner().invoke(app, words)

    assert done.exit_code == 0, done.output
    assert (data / "quality" / "days.csv.json").is_file()
    store = PostgresStore(postgres_url, data)
    try:
        kept = store.quality("days.csv")
    finally:
        store.close()
    assert [(row.symbol, row.day, row.refused) for row in kept] == [
        ("AAA", "2024-01-02", 0), ("AAA", "2024-01-03", 1), ("AAA", "2024-01-04", 0)
    ]  # fmt: skip
