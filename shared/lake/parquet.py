"""Blocks as Parquet: a folder a stream, a folder a day, a file a block."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from shared.block import Block, join
from shared.failures import BadInput, Refused
from shared.stream import Column, Stream
from shared.time import BEFORE_TAPE, END_OF_TAPE, iso

if TYPE_CHECKING:
    import pyarrow as pa

Array = npt.NDArray[Any]

UNFINISHED: Final = ".unfinished"


def to_table(block: Block) -> pa.Table:
    """The block's rows as an Arrow table; a vector column becomes a list of fixed size."""
    import pyarrow as pa

    arrays = [_to_arrow(column, block[column.name]) for column in block.stream.columns]
    table = pa.table(arrays, names=list(block.stream.names))
    told = {"stream": block.stream.name, "schema": str(block.stream.schema)}
    return table.replace_schema_metadata(told)


def from_table(stream: Stream, table: pa.Table, *, watermark_ns: int, partition: int = 0) -> Block:
    """The inverse of `to_table`; columns that came after the file was written are zero."""
    found = set(table.column_names)
    old = {column.name for column in stream.columns_of(max(stream.version - 1, 1))}
    missing = [name for name in stream.names if name not in found and (name in old or stream.version == 1)]
    if missing:
        raise BadInput(f"{stream.name} wants column {missing[0]}, this file has {', '.join(sorted(found))}")
    columns: Mapping[str, Array] = {
        c.name: _from_arrow(c, table[c.name]) if c.name in found else np.zeros(table.num_rows, c.numpy)
        for c in stream.columns
    }
    return Block(stream, columns, watermark_ns=watermark_ns, partition=partition)


def write_block(lake: Path, block: Block, number: int) -> Path:
    """Writes a block's rows under the day of its first; the file appears whole or not at all."""
    import pyarrow.parquet as pq

    if not len(block):
        raise ValueError(f"{block!r} has no rows to keep")
    day = iso(int(block["event_time_ns"][0]))[:10]
    path = lake / block.stream.name / day / f"{block.partition}-{number}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(UNFINISHED)
    pq.write_table(
        to_table(block),
        unfinished,
        compression="lz4",
        use_dictionary=False,
        write_statistics=["event_time_ns"],
    )
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    unfinished.replace(path)
    return path


def files_of(lake: Path, stream: Stream) -> list[Path]:
    """The finished files of a stream, by day, partition and number."""
    return sorted((lake / stream.name).glob("*/*.parquet"), key=_place)


def read_stream(
    lake: Path, stream: Stream, *, start_ns: int = BEFORE_TAPE, stop_ns: int = END_OF_TAPE
) -> Block:
    """All rows of a stream with start <= time < stop, in the stream's order."""
    files = files_of(lake, stream)
    if not files:
        raise Refused(f"{lake} holds no {stream.name}: record some, or write history first")
    blocks = [read_file(stream, path) for path in files if path.parent.name <= iso(max(stop_ns, 0))[:10]]
    whole = join(blocks or [stream.empty(watermark_ns=BEFORE_TAPE)]).sorted()
    times = whole["event_time_ns"]
    start, stop = np.searchsorted(times, (start_ns, stop_ns))
    kept = whole.rows(int(start), int(stop))
    return kept.until(int(kept["event_time_ns"][-1]) if len(kept) else BEFORE_TAPE)


def read_file(stream: Stream, path: Path) -> Block:
    """One file's rows, or one line about why it cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        raise Refused(f"{path} is not a readable Parquet file: {str(error).splitlines()[0]}") from error
    partition = int(path.stem.partition("-")[0]) if path.stem.partition("-")[0].isdigit() else 0
    return from_table(stream, table, watermark_ns=BEFORE_TAPE, partition=partition)


def _place(path: Path) -> tuple[str, Sequence[int]]:
    return path.parent.name, [int(part) for part in path.stem.split("-")]


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
