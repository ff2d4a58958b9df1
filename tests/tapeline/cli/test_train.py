"""`tapeline train` as a user types it: one line for each mistake, JSON alone, a code that means it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shared.failures import Refused
from tapeline.__main__ import app
from tapeline.cli.outcome import DataMissing

SMALL = ("--synthetic", "--symbols", "4", "--bars", "300", "--sectors", "pooled", "--horizons", "1")
VECTOR = ("--features", "return_1,rsi_14,signed_volume", "--label", "direction")


def typed(*words: str, data: Path) -> tuple[int, str, str, BaseException | None]:
    made = CliRunner().invoke(app, ["train", *words, "--data", str(data)])
    return made.exit_code, made.stdout, made.stderr, made.exception


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--family", "oracle", "--synthetic"), "oracle is none of"),
        (("--family", "fast"), "one of --input LAKE and --synthetic"),
        (("--synthetic",), "--family is wanted"),
        (("--family", "fast", "--synthetic", "--bar", "5"), "a bar is as long as"),
        (("--family", "fast", "--synthetic", "--set", "grand"), "grand is none of"),
        (("--family", "fast", "--synthetic", "--folds", "0"), "Invalid value for '--folds'"),
    ],
)
def test_a_wrong_word_is_a_usage_error(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    code, _, err, _ = typed(*words, data=tmp_path)
    assert code == 2
    assert said in " ".join(err.replace("│", " ").split())


def test_a_lake_that_is_not_there_and_a_label_without_classes_are_one_line(tmp_path: Path) -> None:
    *_, missing = typed("--family", "fast", "--input", str(tmp_path / "none"), data=tmp_path)
    assert isinstance(missing, DataMissing)
    *_, empty = typed("--family", "fast", "--input", str(tmp_path), data=tmp_path)
    assert isinstance(empty, Refused)
    assert "neither ticks nor bars" in str(empty)
    *_, label = typed("--family", "fast", "--synthetic", "--label", "forward_return", data=tmp_path)
    assert isinstance(label, Refused)


def test_base_rates_are_trained_and_told_as_json(tmp_path: Path) -> None:
    words = ("--family", "base_rate", *SMALL, *VECTOR, "--out", str(tmp_path / "out"), "--json")
    code, out, err, _ = typed(*words, data=tmp_path)
    assert code == 0, err
    told = json.loads(out)["sets"][0]
    assert told["verdict"] == "no edge"
    assert told["log_loss"] == pytest.approx(told["log_loss_base"], abs=5e-3)
    assert (Path(told["folder"]) / "manifest.json").exists()


def test_costs_are_the_user_s_and_make_another_set(tmp_path: Path) -> None:
    words = ("--family", "base_rate", *SMALL, *VECTOR, "--out", str(tmp_path / "out"), "--json")
    dear = (*words, "--commission-bps", "3", "--spread-bps", "7.5", "--tried", "8")
    code, out, err, _ = typed(*dear, data=tmp_path)
    assert code == 0, err
    folder = Path(json.loads(out)["sets"][0]["folder"])
    books = json.loads((folder / "report.json").read_text())["books"]
    assert books["costs"] == {"commission_bps": 3.0, "half_spread_bps": 7.5}
    assert books["trials"] == 9
    assert "3 commission and 7.5 half spread" in (folder / "report.html").read_text()
    assert json.loads(typed(*dear, data=tmp_path)[1])["sets"][0]["found"]
    assert not json.loads(typed(*words, data=tmp_path)[1])["sets"][0]["found"]


@pytest.mark.parametrize("wrong", [("--spread-bps", "-1"), ("--commission-bps", "nan"), ("--tried", "-3")])
def test_costs_that_cannot_be_are_a_usage_error(wrong: tuple[str, str], tmp_path: Path) -> None:
    assert typed("--family", "base_rate", *SMALL, *VECTOR, *wrong, data=tmp_path)[0] == 2


def test_a_set_that_cannot_be_trained_ends_in_one_line_and_code_1(tmp_path: Path) -> None:
    words = ("--family", "base_rate", *SMALL, *VECTOR, "--symbols", "2", "--bars", "100")
    code, out, err, _ = typed(*words, data=tmp_path)
    assert code == 1
    assert "not trained" in out
    assert err.startswith("tapeline: pooled 1: ")
    assert err.count("\n") == 1
