"""A file of scores has a row a vector, every digit of it, and each member's opinion."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from research.predicting import Vectors
from research.scored_file import scores, write_scores
from services.inference import manifest as manifests
from services.inference.model import Model, verify
from shared.failures import Refused
from tests.fixtures import models

MEMBERS = ("lightgbm", "linear")


def model() -> Model:
    whole = models.mean_of(MEMBERS)
    return verify(manifests.encode(whole.manifest), whole.artefacts)


def vectors(rows: int = 5) -> Vectors:
    values = models.rows(8, rows)
    values[1, :] = np.nan
    return Vectors([f"2026-01-05T10:00:0{n}Z" for n in range(rows)], [f"S{n}" for n in range(rows)], values)


def test_a_csv_has_a_row_a_vector_and_every_digit(tmp_path: Path) -> None:
    made, asked = model(), vectors()
    assert write_scores(tmp_path / "deep" / "scores.csv", made, asked) == 5
    with (tmp_path / "deep" / "scores.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        "time", "symbol", "sell", "hold", "buy", "says", "flags", "score.lightgbm", "score.linear"
    ]  # fmt: skip
    _, want, members = made.predictor.answer(asked.values)
    assert [float(rows[0][name]) for name in ("sell", "hold", "buy")] == want[0].tolist()
    assert float(rows[2]["score.linear"]) == members[2, 1, 2] - members[2, 1, 0]
    assert (rows[1]["says"], rows[1]["buy"], rows[1]["score.linear"], rows[1]["flags"]) == ("", "", "", "1")
    assert sorted(file.name for file in (tmp_path / "deep").iterdir()) == ["scores.csv"]


def test_parquet_holds_the_same(tmp_path: Path) -> None:
    made, asked = model(), vectors()
    write_scores(tmp_path / "scores.parquet", made, asked)
    assert parquet.read_table(tmp_path / "scores.parquet").equals(scores(made, asked))


def test_another_ending_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"scores\.xls should end in \.csv or \.parquet"):
        write_scores(tmp_path / "scores.xls", model(), vectors())
    assert list(tmp_path.iterdir()) == []
