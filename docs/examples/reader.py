"""A file format: Arrow's own, `.arrow` and `.feather`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from services.ingest.files.checking import RawTicks
from services.ingest.files.columns import Columns
from services.ingest.files.options import ReadOptions
from services.ingest.files.reading import Unreadable, source_name
from shared.failures import Refused
from shared.market import Instruments


class ArrowReader:
    """Reads one file once, a batch of its rows at a time."""

    def __init__(self, path: Path, instruments: Instruments, options: ReadOptions) -> None:
        self.source, self.size, self.instruments = source_name(path), path.stat().st_size, instruments
        try:
            self._file = pa.ipc.open_file(pa.memory_map(str(path)))
        except pa.ArrowException as error:
            raise Refused(f"{path} is no Arrow file: {error}") from error
        self._columns = Columns(self._file.schema.names, instruments, options, self.source)
        self._batches = 0

    @property
    def unreadable(self) -> Unreadable:
        """Rows without a time or a symbol."""
        return self._columns.unreadable

    @property
    def done(self) -> int:
        """Bytes that have been read, as far as batches tell."""
        return int(self.size * self._batches / max(1, self._file.num_record_batches))

    @property
    def notes(self) -> tuple[str, ...]:
        """What was taken for granted."""
        return self._columns.notes

    def chunks(self) -> Iterator[RawTicks]:
        """Every row that can be read."""
        first = 1
        for number in range(self._file.num_record_batches):
            table = pa.Table.from_batches([self._file.get_batch(number)])
            self._batches = number + 1
            yield self._columns.rows(table, first)
            first += table.num_rows
