"""Which reader a file wants, told by its first bytes and its name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from services.ingest.files.options import ReadOptions
from services.ingest.files.reading import Reader
from services.ingest.files.source_csv import CsvReader
from services.ingest.files.source_parquet import ParquetReader
from services.ingest.files.source_text import TextFile
from services.ingest.files.source_ticks_json import json_reader
from shared.failures import Refused
from shared.market import Instruments

PARQUET: Final = (".parquet", ".pq")
JSON: Final = (".jsonl", ".ndjson", ".json")
TEXT: Final = (".csv", ".tsv", ".txt")
PACKED: Final = (".gz", ".zst", ".bz2")


def open_reader(path: Path, instruments: Instruments, options: ReadOptions) -> Reader:
    """The reader of a file; it is refused here if it cannot be ticks."""
    if not path.is_file():
        raise Refused(f"there is no file {path}")
    if not path.stat().st_size:
        raise Refused(f"{path} is empty; its first line must name the columns")
    kind = kind_of(path)
    if kind in PARQUET:
        return ParquetReader(path, instruments, options)
    text = TextFile(path)
    return json_reader(text, instruments, options) if kind in JSON else CsvReader(text, instruments, options)


def files_under(paths: Iterable[Path]) -> list[Path]:
    """Files as given, and every file of ticks that lies directly in a folder."""
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(file for file in path.iterdir() if kind_of(file) in (*PARQUET, *JSON, *TEXT))
        if not inside:
            raise Refused(f"{path} holds no files of ticks (.csv, .parquet or .jsonl)")
        found += inside
    return found


def kind_of(path: Path) -> str:
    """The suffix that tells a file's format, without that of its packing."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    while suffixes and suffixes[-1] in PACKED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""
