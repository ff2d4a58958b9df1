"""Small tables from files; whatever is in them, memory stays small and the answer is a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.ingest.files.source_rows import LONGEST, read_rows
from shared.failures import Refused


def file(folder: Path, text: str | bytes, name: str = "x.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_columns_are_in_small_letters_and_short_rows_are_filled(tmp_path: Path) -> None:
    path = file(tmp_path, '\ufeffSymbol, P/E\nA,"1,000"\n\nB\n')
    assert list(read_rows(path)) == [{"symbol": "A", "p/e": "1,000"}, {"symbol": "B", "p/e": ""}]


def test_json_lines_are_rows_too(tmp_path: Path) -> None:
    path = file(tmp_path, '{"Symbol":"A","eps":1.5,"x":null}\n\n', "x.jsonl")
    assert list(read_rows(path)) == [{"symbol": "A", "eps": "1.5", "x": ""}]


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"symbol\n" + b"x" * (LONGEST + 1), "x.csv", "a line of more than 1 MiB"),
        (b"symbol\n\xff\xfe", "x.csv", "cannot be read as a table"),
        (b'{"symbol": ', "x.jsonl", "cannot be read as a table"),
        (b"[1]", "x.jsonl", "cannot be read as a table"),
    ],
)
def test_what_is_no_table_is_refused_in_a_line(tmp_path: Path, content: bytes, name: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        list(read_rows(file(tmp_path, content, name)))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="there is no file"):
        list(read_rows(tmp_path / "none.csv"))
