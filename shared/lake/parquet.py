"""Blocks as Parquet: files that appear whole or not at all, in the folders of `shared/lake/folders.py`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from shared.block import Block, join
from shared.failures import BadInput, Refused
from shared.lake.folders import UNFINISHED, day_of, files_of, folder_of, partition_of_file
from shared.stream import Column, Stream
from shared.time import BEFORE_TAPE, END_OF_TAPE

if TYPE_CHECKING:
    import pyarrow as pa

Array = npt.NDArray[Any]

ZERO: Final = b"zero"
"""In a file's metadata: the columns that are left out because they hold nothing but zero."""


def to_table(block: Block) -> pa.Table:
    """The block's rows as an Arrow table; a vector column becomes a list of fixed size."""
    return _table(block, block.stream.columns, {})


def from_table(stream: Stream, table: pa.Table, *, watermark_ns: int, partition: int = 0) -> Block:
    """The inverse of `to_table`; columns that came later, or that a file left out as zero, are zero."""
    found = set(table.column_names)
    zero = (table.schema.metadata or {}).get(ZERO, b"").decode().split(",")
    old = {column.name for column in stream.columns_of(max(stream.version - 1, 1))}.difference(zero)
    missing = [name for name in stream.names if name not in found and name in old]
    if missing:
        raise BadInput(f"{stream.name} wants column {missing[0]}, this file has {', '.join(sorted(found))}")
    columns: Mapping[str, Array] = {
        c.name: _from_arrow(c, table[c.name]) if c.name in found else np.zeros(table.num_rows, c.numpy)
        for c in stream.columns
    }
    return Block(stream, columns, watermark_ns=watermark_ns, partition=partition)


def write_block(lake: Path, block: Block, number: int) -> Path:
    """Writes a block's rows under the day of its first; the file appears whole or not at all."""
    if not len(block):
        raise ValueError(f"{block!r} has no rows to keep")
    folder = folder_of(lake, block.stream, day_of(int(block["event_time_ns"][0])), block.partition)
    path = folder / f"{number}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(UNFINISHED)
    write_rows(unfinished, block)
    unfinished.replace(path)
    return path


def write_rows(path: Path, block: Block) -> None:
    """Writes a file that is on the disk when this returns; columns of nothing but zero are left out."""
    import pyarrow.parquet as pq

    kept = [
        c
        for c in block.stream.columns
        if c.vector or c.name == "event_time_ns" or not is_nothing(block[c.name])
    ]
    zero = [c.name for c in block.stream.columns if c not in kept]
    whole = [c.name for c in kept if not c.vector and c.numpy.kind in "iu"]
    pq.write_table(
        _table(block, kept, {ZERO.decode(): ",".join(zero)}),
        path,
        compression="lz4",
        use_dictionary=False,
        column_encoding=dict.fromkeys(whole, "DELTA_BINARY_PACKED"),
        write_statistics=["event_time_ns"],
    )
    with path.open("rb") as file:
        os.fsync(file.fileno())


def is_nothing(array: Array) -> bool:
    """Whether a column holds nothing but zero."""
    if array.ndim == 1 and array.strides == (0,):
        array = array[:1]
    return array.ndim == 1 and not array.any()


def read_stream(
    lake: Path, stream: Stream, *, start_ns: int = BEFORE_TAPE, stop_ns: int = END_OF_TAPE
) -> Block:
    """All rows of a stream with start <= time < stop, in the stream's order."""
    files = files_of(lake, stream)
    if not files:
        raise Refused(f"{lake} holds no {stream.name}: record some, or write history first")
    last_day = f"day={day_of(max(stop_ns, 0))}"
    blocks = [read_file(stream, path) for path in files if path.parent.parent.name <= last_day]
    whole = join(blocks or [stream.empty(watermark_ns=BEFORE_TAPE)]).sorted()
    times = whole["event_time_ns"]
    start, stop = np.searchsorted(times, (start_ns, stop_ns))
    kept = whole.rows(int(start), int(stop))
    return kept.until(int(kept["event_time_ns"][-1]) if len(kept) else BEFORE_TAPE)


def read_any(lake: Path, stream: Stream) -> Block:
    """All rows of a stream, none where nobody has recorded any."""
    found = lake.is_dir() and files_of(lake, stream)
    return read_stream(lake, stream) if found else stream.empty(watermark_ns=BEFORE_TAPE)


def read_file(stream: Stream, path: Path) -> Block:
    """One file's rows, or one line about why it cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        raise Refused(f"{path} is not a readable Parquet file: {str(error).splitlines()[0]}") from error
    return from_table(stream, table, watermark_ns=BEFORE_TAPE, partition=partition_of_file(path))


def _table(block: Block, columns: tuple[Column, ...] | list[Column], told: Mapping[str, str]) -> pa.Table:
    import pyarrow as pa

    arrays = [_to_arrow(column, block[column.name]) for column in columns]
    table = pa.table(arrays, names=[column.name for column in columns])
    known = {"stream": block.stream.name, "schema": str(block.stream.schema)}
    return table.replace_schema_metadata({**known, **told})


def _to_arrow(column: Column, values: Array) -> Any:
    import pyarrow as pa

    if not column.vector:
        return pa.array(values)
    rows, width = values.shape
    flat = pa.array(np.ascontiguousarray(values).reshape(-1))
    kind = pa.list_(flat.type, width)
    return pa.FixedSizeListArray.from_arrays(flat, type=kind) if width else pa.array([[]] * rows, kind)


def _from_arrow(column: Column, values: Any) -> Array:
    import pyarrow as pa

    if not column.vector:
        return np.ascontiguousarray(values.to_numpy(), column.numpy)
    if not pa.types.is_fixed_size_list(values.type):
        raise BadInput(f"column {column.name} holds {values.type}, wanted lists of one size")
    chunks = [chunk.flatten().to_numpy() for chunk in values.chunks] or [np.empty(0)]
    flat = np.concatenate(chunks)
    return np.ascontiguousarray(flat, column.numpy).reshape(len(values), values.type.list_size)
