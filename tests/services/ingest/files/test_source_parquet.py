"""Parquet files as rows."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from services.ingest.files import source_parquet
from services.ingest.files.options import ReadOptions
from shared.failures import Refused
from tests.fixtures.tick_files import HEADER, column, file_of, read_all, row


def written(folder: Path, rows: int = 1000) -> Path:
    """A file of trades."""
    table = pa.table(
        {
            "ts": pa.array(np.arange(rows) + 10**18).cast(pa.timestamp("ns", tz="UTC")),
            "Ticker": [f"S{n % 7}" for n in range(rows)],
            "PX": [n / 100 for n in range(rows)],
            "qty": np.arange(rows),
            "unrelated": ["x"] * rows,
        }
    )
    pq.write_table(table, folder / "x.parquet", row_group_size=300)
    return folder / "x.parquet"


def test_every_row_is_read_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_parquet, "BATCH_ROWS", 130)
    reader, chunks = read_all(written(tmp_path))
    assert column(chunks, "price") == list(range(1000))
    assert column(chunks, "size") == list(range(1000))
    assert [n for chunk in chunks for n in chunk.lines.tolist()] == list(range(1, 1001))
    assert [reader.instruments[i].symbol for i in column(chunks, "instrument")[:8]] == [
        f"S{n % 7}" for n in range(8)
    ]
    assert reader.done == reader.size
    assert len(chunks) > 5


def test_a_csv_file_and_its_parquet_twin_give_the_same_rows(tmp_path: Path) -> None:
    import pyarrow.csv

    text = file_of(tmp_path, HEADER + "".join(row(n, f"{n}.37", f"S{n % 3}") for n in range(60)))
    pq.write_table(pyarrow.csv.read_csv(text), tmp_path / "y.parquet")
    _, ours = read_all(text)
    _, theirs = read_all(tmp_path / "y.parquet")
    for name in ("event_time_ns", "instrument", "kind", "price", "size"):
        assert column(ours, name) == column(theirs, name)


def test_a_damaged_file_is_refused_in_one_line(tmp_path: Path) -> None:
    path = written(tmp_path)
    content = bytearray(path.read_bytes())
    content[200:2000] = bytes(1800)
    path.write_bytes(content)
    with pytest.raises(Refused, match=r"damaged|cannot be read") as refusal:
        read_all(path)
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_cut_off_is_refused_in_one_line(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(Refused, match="cannot be read as ticks"):
        read_all(path)


def test_columns_are_found_as_the_user_says(tmp_path: Path) -> None:
    _, chunks = read_all(written(tmp_path), ReadOptions(names={"bid": "px"}))
    assert column(chunks, "bid")[:3] == [0, 1, 2]
    assert not any(column(chunks, "price"))


@pytest.mark.parametrize("name", ["conditions", "venue_seq"])
def test_a_column_of_whole_numbers_that_holds_words_is_refused_and_never_read_as_zero(
    name: str, tmp_path: Path
) -> None:
    table = pq.read_table(written(tmp_path, 5))
    pq.write_table(table.append_column(name, pa.array(["@", "T", "I", "@", "F"])), tmp_path / "words.parquet")
    with pytest.raises(Refused, match=f"{name} wants whole numbers"):
        read_all(tmp_path / "words.parquet")


def test_decimals_and_symbols_of_bytes_are_read_as_they_are(tmp_path: Path) -> None:
    prices = [Decimal("100.01"), Decimal("100.03"), Decimal("0.07"), Decimal("8.29")]
    table = pa.table(
        {
            "ts": pa.array(np.arange(4) + 10**15).cast(pa.timestamp("us", tz="America/New_York")),
            "symbol": pa.array([b"BRK.B", b"EUR/USD", b"BRK.B", b"BRK.B"]),
            "price": pa.array(prices, pa.decimal128(18, 4)),
        }
    )
    pq.write_table(table, tmp_path / "x.parquet")
    reader, chunks = read_all(tmp_path / "x.parquet")
    assert column(chunks, "price") == [10_001, 10_003, 7, 829]
    assert [flag for chunk in chunks for flag in chunk.flags.tolist()] == [0, 0, 0, 0]
    assert [row.symbol for row in reader.instruments] == ["BRK.B", "EUR/USD"]
