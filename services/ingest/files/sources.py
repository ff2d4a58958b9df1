"""Which reader a file wants, told by its first bytes and its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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

Open = Callable[[Path, Instruments, ReadOptions], Reader]
PACKED: Final = (".gz", ".zst", ".bz2")


def open_reader(path: Path, instruments: Instruments, options: ReadOptions) -> Reader:
    """The reader of a file; it is refused here if it cannot be ticks."""
    if not path.is_file():
        raise Refused(f"there is no file {path}")
    if not path.stat().st_size:
        raise Refused(f"{path} is empty; its first line must name the columns")
    return READERS.get(kind_of(path), _open_csv)(path, instruments, options)


def files_under(paths: Iterable[Path]) -> list[Path]:
    """Files as given, and every file of ticks that lies directly in a folder."""
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(file for file in path.iterdir() if kind_of(file) in READERS)
        if not inside:
            raise Refused(f"{path} holds no files of ticks ({', '.join(READERS)})")
        found += inside
    return found


def kind_of(path: Path) -> str:
    """The suffix that tells a file's format, without that of its packing."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    while suffixes and suffixes[-1] in PACKED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def _open_csv(path: Path, instruments: Instruments, options: ReadOptions) -> Reader:
    return CsvReader(TextFile(path), instruments, options)


def _open_json(path: Path, instruments: Instruments, options: ReadOptions) -> Reader:
    return json_reader(TextFile(path), instruments, options)


READERS: Final[Mapping[str, Open]] = {
    **dict.fromkeys((".csv", ".tsv", ".txt"), _open_csv),
    **dict.fromkeys((".parquet", ".pq"), ParquetReader),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), _open_json),
}
"""Every format by the suffixes of its files; any other file is read as text."""
