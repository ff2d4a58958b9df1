"""Small tables from files, row by row: CSV, or JSON Lines; no line is longer than it may be."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, TextIO

import msgspec

from services.ingest.files.headers import SYNONYMS
from shared.failures import Refused

LONGEST: Final = 1 << 20
MOST_ROWS: Final = 5_000_000
JSON: Final = (".jsonl", ".ndjson", ".json")

TIMES: Final = frozenset(SYNONYMS["timestamp"])

Row = Mapping[str, str]


def read_rows(path: Path) -> Iterator[Row]:
    """Each row by its columns in small letters; a file that is no table is refused in a line."""
    if not path.is_file():
        raise Refused(f"there is no file {path}")
    read = _json if path.suffix in JSON else _csv
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, row in enumerate(read(file), 1):
                if number > MOST_ROWS:
                    raise Refused(f"{path.name} has more than {MOST_ROWS:,} rows")
                yield row
    except (UnicodeDecodeError, csv.Error, msgspec.MsgspecError) as error:
        raise Refused(f"{path.name} cannot be read as a table: {error}") from error


def _lines(file: TextIO) -> Iterator[str]:
    while line := file.readline(LONGEST):
        if len(line) == LONGEST:
            raise Refused(f"{Path(file.name).name} has a line of more than {LONGEST >> 20} MiB")
        yield line


def _csv(file: TextIO) -> Iterator[Row]:
    rows = csv.reader(_lines(file))
    header = [name.strip().lower() for name in next(rows, [])]
    for row in rows:
        if row:
            filled = [*row, *[""] * (len(header) - len(row))]
            yield dict(zip(header, filled, strict=False))


def _json(file: TextIO) -> Iterator[Row]:
    for line in _lines(file):
        if line.strip():
            told = msgspec.json.decode(line, type=dict[str, str | int | float | bool | None])
            yield {name.lower(): "" if value is None else str(value) for name, value in told.items()}


def is_table(path: Path) -> bool:
    """Whether a file has a row a company: symbols, and no time at which anything happened."""
    if path.is_dir() or path.suffix not in (".csv", ".tsv", ".txt"):
        return False
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        header = {name.strip().lower() for name in file.readline(LONGEST).split(",")}
    return "symbol" in header and not header & TIMES
