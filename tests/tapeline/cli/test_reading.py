"""Every command that reads a file of ticks takes the same words about it, and means the same by them."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from services.ingest.files.options import ReadOptions
from services.ingest.stages import TapePlan
from tapeline.__main__ import app
from tapeline.cli.reading import reading

HOW = (
    "--map",
    "price=last_px",
    "--map",
    "size=qty",
    "--symbol",
    "COIN",
    "--tz",
    "UTC",
    "--tick",
    "0.00000001",
)


@pytest.fixture
def coins(tmp_path: Path) -> Path:
    file = tmp_path / "coins.csv"
    rows = [f"2024-01-02T00:{n // 60:02d}:{n % 60:02d},0.0000{1200 + n % 7},{n + 1}\n" for n in range(900)]
    file.write_text("time,last_px,qty\n" + "".join(rows))
    return file


@pytest.mark.parametrize("verb", ["replay", "bars", "features", "export", "ingest files"])
def test_a_file_is_read_as_it_was_told(verb: str, coins: Path, tmp_path: Path) -> None:
    goal = {"bars": ("-o", str(tmp_path / "b.csv")), "export": ("-o", str(tmp_path / "e.csv"))}
    goal |= {"features": ("-o", str(tmp_path / "f.csv")), "ingest files": ("--to", str(tmp_path / "lake"))}
    source = ("--input", str(coins)) if verb in ("bars", "features") else (str(coins),)
    more = ("--data", str(tmp_path / "data")) if verb == "replay" else ()
    words = [*verb.split(), *source, *goal.get(verb, ()), *more, *HOW, "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    if verb == "replay":
        assert json.loads(done.stdout[done.stdout.index("{") :])["ticks"] == 900
    assert "rounded" not in done.output and "below half" not in done.output


def test_a_worker_reads_the_tape_as_the_replay_does() -> None:
    how = reading(["price=last_px"], "UTC", "COIN", "0.00000001", "0.5")
    plan = {"path": "x.csv", "rows_per_cut": 7, "read": msgspec.to_builtins(how)}
    assert msgspec.convert(plan, TapePlan).read == how
    assert how == ReadOptions(
        names={"price": "last_px"}, tz="UTC", symbol="COIN", tick=Decimal("0.00000001"), lot=Decimal("0.5")
    )


def test_a_step_that_is_no_number_is_refused_in_one_line(coins: Path) -> None:
    done = CliRunner().invoke(app, ["replay", str(coins), "--tick", "fine"])
    assert done.exit_code == 2 and "fine is no number" in done.output
