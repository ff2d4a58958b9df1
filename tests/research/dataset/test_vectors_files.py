"""Tables on the disk hold every digit, and appear whole or not at all."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from research.dataset.vectors import Part
from research.dataset.vectors_files import Head, write
from research.labels.rules import UNKNOWN_NS, Column
from shared.failures import BadInput, Refused

HEAD = Head(("rsi_14", "macd_12_26_9.line"), ("forward_return_5",), "S{}".format, {"spec": "{}"})
NAMES = ["time", "symbol", "rsi_14", "macd_12_26_9.line", "forward_return_5", "forward_return_5.end"]


def table(seed: int, rows: int = 200) -> Part:
    draw = np.random.default_rng(seed)
    values = draw.normal(size=(rows, 2)) * 10.0 ** draw.integers(-300, 300, (rows, 2))
    values[draw.random((rows, 2)) < 0.1] = np.nan
    known = draw.random(rows) < 0.8
    times = np.sort(draw.integers(1, 2 * 10**18, rows))
    label = Column(
        "forward_return_5",
        np.where(known, draw.normal(size=rows), np.nan),
        np.where(known, times + 1, UNKNOWN_NS),
    )
    return Part(times, draw.integers(1, 5, rows).astype(np.int32), values, (label,))


def test_csv_holds_every_digit_and_nothing_where_nothing_is_known(tmp_path: Path) -> None:
    first, second = table(1), table(2)
    assert write(tmp_path / "x.csv", HEAD, [first, second]) == 400
    rows = list(csv.DictReader((tmp_path / "x.csv").open()))
    assert list(rows[0]) == NAMES
    for number, name in enumerate(HEAD.features):
        read = np.array([float(row[name] or "nan") for row in rows])
        assert read.tobytes() == np.concatenate([p.values[:, number] for p in (first, second)]).tobytes()
    label = first.labels[0]
    times = np.array([row["time"].removesuffix("Z") for row in rows[:200]], "datetime64[ns]")
    assert times.astype(np.int64).tolist() == first.times_ns.tolist()
    ends = [row["forward_return_5.end"] for row in rows[:200]]
    assert [end == "" for end in ends] == np.isnan(label.values).tolist()


def test_parquet_holds_the_same_bits(tmp_path: Path) -> None:
    part = table(3)
    write(tmp_path / "deep" / "x.parquet", HEAD, [part])
    read = pq.read_table(tmp_path / "deep" / "x.parquet")
    assert read.column_names == NAMES
    assert read.schema.metadata[b"spec"] == b"{}"
    assert read["rsi_14"].to_numpy().tobytes() == np.ascontiguousarray(part.values[:, 0]).tobytes()
    assert read["time"].to_numpy().astype(np.int64).tolist() == part.times_ns.tolist()
    assert read["symbol"].to_pylist() == [f"S{number}" for number in part.instruments]
    assert read["forward_return_5.end"].null_count == int(np.isnan(part.labels[0].values).sum())


@pytest.mark.parametrize("name", ["x.csv", "x.parquet"])
def test_a_table_that_fails_leaves_nothing(tmp_path: Path, name: str) -> None:
    def broken() -> Iterator[Part]:
        yield table(4)
        raise BadInput("the tape ends badly")

    with pytest.raises(BadInput):
        write(tmp_path / name, HEAD, broken())
    assert not list(tmp_path.iterdir())


def test_a_name_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"\.csv or \.parquet"):
        write(tmp_path / "x.xlsx", HEAD, [])
