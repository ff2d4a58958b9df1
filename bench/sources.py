"""Files of ticks into the lake: CSV and Parquet, parsed, split, encoded and on the disk."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from bench.measure import Figure, rate
from services.ingest.files.checking import AcceptAll
from services.ingest.files.intake import take_in
from services.ingest.files.options import ReadOptions
from services.ingest.files.sources import open_reader
from shared.lake.writer import LakeWriter
from shared.market import Instruments

CSV_ROWS = 2_000_000
PARQUET_ROWS = 10_000_000
SYMBOLS = 500
START_NS = 1_767_571_200_000_000_000
DAY_NS = 86_400_000_000_000


def measure(folder: Path) -> list[Figure]:
    """Both formats, the same trades."""
    csv, parquet = folder / "ticks.csv", folder / "ticks.parquet"
    _write_csv(csv)
    pq.write_table(_trades(PARQUET_ROWS), parquet)
    return [
        _rate("CSV", csv, CSV_ROWS, "≥ 1,500,000"),
        _rate("Parquet", parquet, PARQUET_ROWS, "≥ 10,000,000"),
    ]


def _rate(what: str, path: Path, rows: int, wanted: str) -> Figure:
    """Rows a second from the opening of the file to the commit, everything on the disk."""
    name = f"{what} ticks into the lake"
    return rate(name, "rows/s", rows, lambda: _take(path, path.parent), runs=3, wanted=wanted)


def _take(path: Path, folder: Path) -> None:
    lake = folder / "lake"
    shutil.rmtree(lake, ignore_errors=True)
    with LakeWriter(lake) as writer:
        reader = open_reader(path, Instruments(), ReadOptions())
        made = take_in(reader, AcceptAll(), writer, lake, ("bench", lambda done, total: None))
    if made.accepted != made.read:
        raise RuntimeError(f"{made.read - made.accepted} rows were lost")


def _trades(rows: int) -> pa.Table:
    """A day of trades of five hundred symbols, in order."""
    draw = np.random.default_rng(1)
    times = np.sort(draw.integers(0, DAY_NS, rows)) + START_NS
    codes = pa.array(draw.integers(0, SYMBOLS, rows).astype(np.int32))
    return pa.table(
        {
            "timestamp": pa.array(times).cast(pa.timestamp("ns", tz="UTC")),
            "symbol": pa.DictionaryArray.from_arrays(codes, [f"SYM{n}" for n in range(SYMBOLS)]),
            "price": (10_000 + np.cumsum(draw.integers(-1, 2, rows))) / 100,
            "size": draw.integers(1, 1000, rows),
        }
    )


def _write_csv(path: Path) -> None:
    """Trades with the touch around them, times in RFC 3339 with nanoseconds: 62 bytes a row."""
    trades = _trades(CSV_ROWS)
    price = np.rint(trades["price"].to_numpy() * 100).astype(np.int64)
    texts = np.datetime_as_string(trades["timestamp"].cast(pa.int64()).to_numpy().view("M8[ns]"), unit="ns")
    columns = {
        "timestamp": pa.array(np.char.add(texts, "Z")),
        "symbol": trades["symbol"].cast(pa.string()),
        "bid": (price - 1) / 100,
        "ask": (price + 1) / 100,
        "price": price / 100,
        "size": trades["size"],
    }
    pyarrow.csv.write_csv(pa.table(columns), path, pyarrow.csv.WriteOptions(quoting_style="none"))
