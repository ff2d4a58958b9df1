"""Parquet files of ticks, quotes, trades and bars, a batch of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from services.ingest.files.checking import RawTicks
from services.ingest.files.columns import Columns
from services.ingest.files.options import ReadOptions
from services.ingest.files.reading import Unreadable, source_name
from shared.failures import Refused
from shared.market import Instruments

BATCH_ROWS: Final = 1 << 18


class ParquetReader:
    """Reads one file once."""

    def __init__(self, path: Path, instruments: Instruments, options: ReadOptions) -> None:
        self.source, self.size, self.instruments = source_name(path), path.stat().st_size, instruments
        self._path = path
        self._names = [str(name) for name in _opened(path, []).schema_arrow.names]
        self._columns = Columns(self._names, instruments, options, self.source)
        self._share = 0.0

    @property
    def unreadable(self) -> Unreadable:
        """Rows without a time or a symbol."""
        return self._columns.unreadable

    @property
    def done(self) -> int:
        """Bytes that have been read, as far as rows tell."""
        return int(self._share * self.size)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was taken for granted."""
        return self._columns.notes

    def chunks(self) -> Iterator[RawTicks]:
        """Every row that can be read."""
        import pyarrow as pa

        symbol = self._columns.wanted.get("symbol")
        file = _opened(self._path, [symbol] if symbol else [])
        total, first = file.metadata.num_rows, 1
        try:
            for batch in file.iter_batches(BATCH_ROWS, columns=list(self._columns.wanted.values())):
                yield self._columns.rows(pa.Table.from_batches([batch]), first)
                first += batch.num_rows
                self._share = (first - 1) / max(total, 1)
        except (pa.ArrowException, OSError) as error:
            raise Refused(f"{self.source} is damaged at row {first:,}: {_first_line(error)}") from error


def _opened(path: Path, coded: list[str]) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path, read_dictionary=coded, memory_map=True, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        raise Refused(f"{path} cannot be read as ticks: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
