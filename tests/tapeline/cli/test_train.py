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


def test_a_set_that_cannot_be_trained_ends_in_one_line_and_code_1(tmp_path: Path) -> None:
    words = ("--family", "base_rate", *SMALL, *VECTOR, "--symbols", "2", "--bars", "100")
    code, out, err, _ = typed(*words, data=tmp_path)
    assert code == 1
    assert "not trained" in out
    assert err.startswith("tapeline: pooled 1: ")
    assert err.count("\n") == 1
