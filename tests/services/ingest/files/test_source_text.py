"""Files of text: unpacked within bounds, and never whole in memory."""

from __future__ import annotations

import bz2
import gzip
import tracemalloc
from pathlib import Path

import pyarrow as pa
import pytest

from services.ingest.files.source_text import CHUNK_BYTES, LINE_BYTES, TextFile
from shared.failures import Refused
from tests.fixtures.tick_files import HEADER, column, file_of, read_all, row

TEXT = (HEADER + "".join(row(n) for n in range(60))).encode()


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(TEXT),
        bz2.compress(TEXT),
        bytes(pa.compress(TEXT, "zstd", asbytes=True)),
        gzip.compress(TEXT[:90]) + gzip.compress(TEXT[90:]),
    ],
)
def test_packed_files_are_told_by_their_first_bytes(tmp_path: Path, packed: bytes) -> None:
    path = file_of(tmp_path, packed, "x.dat")
    reader, chunks = read_all(path)
    assert len(column(chunks, "price")) == 60
    assert reader.done == reader.size == len(packed)


def test_a_packed_file_that_breaks_off_keeps_its_whole_lines(tmp_path: Path) -> None:
    long = (HEADER + "".join(row(n % 60, f"{n}.01") for n in range(20_000))).encode()
    path = file_of(tmp_path, gzip.compress(long)[:-5_000], "x.csv.gz")
    reader, chunks = read_all(path)
    prices = column(chunks, "price")
    assert 0 < len(prices) < 20_000
    assert prices == [100 * n + 1 for n in range(len(prices))]
    assert reader.unreadable.counts == {"cut off by the end of the file": 1}
    assert "breaks off inside its packing" in reader.notes[0]


def test_a_bomb_is_refused_before_it_has_gone_off(tmp_path: Path) -> None:
    path = tmp_path / "bomb.csv.gz"
    with gzip.open(path, "wb") as file:
        file.write(HEADER.encode())
        for _ in range(110):
            file.write(row().encode() * 20_000)
    tracemalloc.start()
    with pytest.raises(Refused, match="unpacks to more than 250 times its size; unpack it") as refusal:
        read_all_but_keep_nothing(path)
    assert tracemalloc.get_traced_memory()[1] < 64 << 20
    tracemalloc.stop()
    assert "\n" not in str(refusal.value)


def test_a_line_of_a_gigabyte_is_passed_over_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    with path.open("wb") as file:
        file.write((HEADER + row(0)).encode())
        file.seek(1 << 30, 1)
        file.write(("\n" + row(1)).encode())
    tracemalloc.start()
    reader, chunks = read_all(path)
    assert tracemalloc.get_traced_memory()[1] < 8 * (CHUNK_BYTES + LINE_BYTES)
    tracemalloc.stop()
    assert len(column(chunks, "price")) == 2
    assert chunks[-1].lines.tolist() == [4]
    assert reader.unreadable.counts == {"longer than a line may be": 1}
    assert reader.unreadable.examples[0].line == 3


def test_a_line_that_is_too_long_but_fits_a_chunk_is_passed_over_too(tmp_path: Path) -> None:
    path = file_of(tmp_path, HEADER + row(0) + "x" * (LINE_BYTES + 1) + "\n" + row(1))
    reader, chunks = read_all(path)
    assert len(column(chunks, "price")) == 2
    assert reader.unreadable.counts == {"longer than a line may be": 1}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04rest", "is a zip archive; unpack it first"),
        (b"PAR1rest", "is a Parquet file; name it .parquet"),
        (b"\x1f\x8bnonsense that is no gzip", "cannot be unpacked"),
    ],
)
def test_what_is_no_text_is_refused_in_one_line(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        TextFile(file_of(tmp_path, content))


def read_all_but_keep_nothing(path: Path) -> None:
    from services.ingest.files.options import ReadOptions
    from services.ingest.files.sources import open_reader
    from shared.market import Instruments

    for chunk in open_reader(path, Instruments(), ReadOptions()).chunks():
        assert len(chunk)
