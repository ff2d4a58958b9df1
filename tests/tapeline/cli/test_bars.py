"""`tapeline bars` as a user types it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tapeline.__main__ import app
from tapeline.cli.outcome import DataMissing

TRADES = (
    ("13:00:00", "9.00", 5),
    ("14:30:00", "10.00", 10),
    ("14:30:59.5", "10.02", 20),
    ("14:31:00", "10.01", 30),
    ("17:59:59", "10.05", 40),
    ("18:00:00", "11.00", 50),
    ("18:00:01", "11.01", 5),
)


def bars(*words: object) -> Result:
    return CliRunner().invoke(app, ["bars", *map(str, words)])


def rows(path: Path) -> list[dict[str, Any]]:
    with path.open() as file:
        return list(csv.DictReader(file))


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    path = tmp_path / "friday.csv"
    lines = [f"2024-11-29T{at}Z,AAA,{price},{size}" for at, price, size in TRADES]
    path.write_text("\n".join(["timestamp,symbol,price,size", *lines, ""]))
    return path


def test_a_day_of_a_half_day_ends_at_one(tape: Path, tmp_path: Path) -> None:
    out = tmp_path / "days.csv"
    words = (
        "--input",
        tape,
        "--size",
        "1d",
        "--calendar",
        "XNYS",
        "--output",
        out,
        "--data",
        tmp_path / "data",
    )
    done = bars(*words, "--json")

    assert done.exit_code == 0, done.output
    assert (json.loads(done.stdout)["bars"], json.loads(done.stdout)["unfinished"]) == (1, 0)
    (day,) = rows(out)
    assert day["timestamp"] == "2024-11-29T18:00:00.000000000Z"
    assert [float(day[name]) for name in ("open", "high", "low", "close", "volume")] == [
        10,
        10.05,
        10,
        10.05,
        100,
    ]


@pytest.mark.parametrize(
    ("kind", "size", "closes"),
    [
        ("time", "1m", [9.0, 10.02, 10.01, 10.05]),
        ("tick", "3", [10.02, 11.0]),
        ("volume", "60", [10.01, 11.0]),
        ("dollar", "500", [10.01, 11.0]),
        ("imbalance", "50", [11.0]),
    ],
)
def test_every_kind_of_bar(tape: Path, tmp_path: Path, kind: str, size: str, closes: list[float]) -> None:
    out = tmp_path / "bars.csv"
    done = bars("--input", tape, "--kind", kind, "--size", size, "--output", out, "--profile")

    assert done.exit_code == 0, done.output
    assert [float(row["close"]) for row in rows(out)] == closes
    assert "that the tape cuts off left out" in done.output
    assert all(row["volume_profile"] for row in rows(out))


def test_bars_of_a_lake_merge_into_larger_ones(tape: Path, tmp_path: Path) -> None:
    small, out = tmp_path / "small", tmp_path / "large.parquet"
    assert bars("--input", tape, "--size", "1m", "--output", small).exit_code == 0
    done = bars("--input", small, "--size", "1h", "--output", out)

    assert done.exit_code == 0, done.output
    import pyarrow.parquet as pq

    told = pq.read_table(out).to_pydict()
    assert told["symbol"] == ["AAA"] * len(told["close"])
    assert told["volume"][:2] == [5.0, 60.0]
    again = bars("--input", tape, "--output", small)
    assert "holds bars already" in str(again.exception)


@pytest.mark.parametrize(
    "words",
    [
        ("--size", "soon"),
        ("--kind", "tick", "--size", "x"),
        ("--from", "news"),
        ("--from", "quotes", "--kind", "volume", "--size", "1"),
    ],
)
def test_a_slip_of_the_user_is_a_usage_error(tape: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    done = bars("--input", tape, "--output", tmp_path / "out.csv", *words)
    assert done.exit_code in (2, 5) or isinstance(done.exception, DataMissing)


def test_no_tape_is_said_in_one_line(tmp_path: Path) -> None:
    done = bars("--input", tmp_path / "none", "--output", tmp_path / "out.csv")
    assert isinstance(done.exception, DataMissing)
