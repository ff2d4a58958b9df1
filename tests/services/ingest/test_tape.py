"""Tapes: written, read, and refused."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.cuts import cut
from services.ingest.files.options import ReadOptions
from services.ingest.synthetic.market import MarketPlan
from services.ingest.tape import (
    INSTRUMENTS_FILE,
    read_instruments,
    read_tape,
    synthetic_tape,
    write_instruments,
    write_tape,
)
from shared.codec import encode
from shared.failures import Refused
from shared.lake.block_log import BlockLog
from tests.fixtures.markets import same_rows, small_tape

CSV = """Timestamp,Symbol,Bid,Ask,Price,Size
2024-01-02T14:30:00.5Z,MSFT,370.10,370.12,370.11,100
2024-01-02T14:30:00Z,AAPL,187.15,187.16,,
2024-01-02T14:30:01Z,AAPL,187.15,187.17,187.16,200
"""


def test_a_tape_that_was_written_is_read_back_row_by_row(tmp_path: Path) -> None:
    tape = small_tape()
    write_tape(tmp_path, tape.ticks, tape.instruments)
    found = read_tape(tmp_path)
    assert same_rows(found.ticks, tape.ticks)
    assert list(found.instruments) == list(tape.instruments)
    assert found.notes == ()


def test_a_folder_of_recorded_blocks_is_a_tape(tmp_path: Path) -> None:
    tape = small_tape()
    log = BlockLog(tmp_path)
    for seq, blocks in enumerate(cut(tape.ticks, 100, 8), 1):
        log.append(seq, [encode(block) for block in blocks])
    log.close()
    write_instruments(tmp_path, tape.instruments)
    assert same_rows(read_tape(tmp_path).ticks, tape.ticks)


def test_ids_that_nobody_described_get_the_default_terms_once(tmp_path: Path) -> None:
    tape = small_tape()
    write_tape(tmp_path, tape.ticks, tape.instruments)
    (tmp_path / INSTRUMENTS_FILE).unlink()
    found = read_tape(tmp_path)
    assert found.notes == ("5 unknown instrument ids got the default terms",)
    assert found.instruments[1].symbol == "#1"


def test_csv_ticks_are_a_tape(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text(CSV)
    tape = read_tape(path)
    symbols = [tape.instruments[int(i)].symbol for i in tape.ticks["instrument"]]
    assert symbols == ["AAPL", "MSFT", "AAPL"]
    assert tape.ticks["ask"].tolist() == [18716, 37012, 18717]
    assert tape.ticks["kind"].tolist() == [2, 1, 1]
    assert tape.ticks.watermark_ns == 1_704_205_801_000_000_000


def test_rows_whose_price_vanishes_in_the_grid_are_no_part_of_a_tape(tmp_path: Path) -> None:
    file = tmp_path / "coins.csv"
    file.write_text("timestamp,symbol,price,size\n1700000000000,A,0.00000123,1\n1700000000001,B,2.5,1\n")
    coarse = read_tape(file)
    assert coarse.ticks["price"].tolist() == [250]
    assert any("below half a tick" in note for note in coarse.notes)
    fine = read_tape(file, ReadOptions(tick=Decimal("0.00000001")))
    assert fine.ticks["price"].tolist() == [123, 250_000_000]


def test_a_folder_of_files_is_one_tape(tmp_path: Path) -> None:
    lines = CSV.splitlines(keepends=True)
    (tmp_path / "a.csv").write_text(lines[0] + lines[1])
    (tmp_path / "b.csv").write_text("".join([lines[0], *lines[2:]]))
    one = tmp_path / "one" / "day.csv"
    one.parent.mkdir()
    one.write_text(CSV)
    assert same_rows(read_tape(tmp_path).ticks, read_tape(one).ticks)


def test_a_csv_file_and_its_parquet_twin_are_the_same_tape(tmp_path: Path) -> None:
    import pyarrow.csv
    import pyarrow.parquet

    (tmp_path / "day.csv").write_text(CSV)
    pyarrow.parquet.write_table(pyarrow.csv.read_csv(tmp_path / "day.csv"), tmp_path / "day.parquet")
    assert same_rows(read_tape(tmp_path / "day.csv").ticks, read_tape(tmp_path / "day.parquet").ticks)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("none.csv", None, "there is no tape at"),
        ("empty.csv", "", "is empty"),
        ("head.csv", "timestamp,symbol,price\n", "holds no rows"),
        ("bad.parquet", "this is no parquet", "cannot be read as ticks"),
        ("one.csv", "price\n1\n", "has no column timestamp"),
    ],
)
def test_what_is_no_tape_is_refused_in_one_line(
    tmp_path: Path, name: str, content: str | None, sentence: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(Refused, match=sentence) as refusal:
        read_tape(tmp_path / name)
    assert "\n" not in str(refusal.value)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="holds no files of ticks"):
        read_tape(tmp_path)


def test_a_broken_list_of_instruments_is_refused(tmp_path: Path) -> None:
    (tmp_path / INSTRUMENTS_FILE).write_text('[{"instrument": 1, "symbol": ""}]')
    with pytest.raises(Refused, match="not a list of instruments"):
        read_instruments(tmp_path)


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 900), st.integers(0, 1 << 32))
def test_a_shorter_synthetic_tape_is_the_beginning_of_a_longer_one(ticks: int, seed: int) -> None:
    plan = MarketPlan(symbols=2, seed=seed)
    short, long = synthetic_tape(plan, ticks), synthetic_tape(plan, 1_000)
    assert len(short.ticks) == ticks
    assert same_rows(short.ticks, long.ticks.rows(0, ticks))
