"""Postgres' binary formats from whole columns: one structured buffer holds the rows with their prefixes.

The same layout serves `COPY … (FORMAT binary)` and, with type numbers between, arrays of a table's row type.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from shared.block import Block
from shared.failures import Corrupt
from shared.money import MICRO
from shared.store.tables import is_money
from shared.stream import Column, Stream

Array = npt.NDArray[Any]

COPY_HEAD: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_TAIL: Final = b"\xff\xff"
RUN: Final = "run_id"
INT4: Final = (">i4", 23)
INTEGERS: Final = {1: (">i2", 21), 2: (">i2", 21), 4: INT4, 8: (">i8", 20)}
"""Bytes of an integer in a block: its form in Postgres and that type's number; Postgres has no int8."""
FLOAT8: Final = (">f8", 701)
FLOAT8_ARRAY_OID: Final = 1022
NUMERIC_OID: Final = 1700
NUMERIC: Final = np.dtype([("head", ">i2", 4), ("digits", ">i2", 6)])
"""A NUMERIC of six decimals: count, weight, sign and scale, then digits of base 10,000."""
NUMERIC_HEAD: Final = (6, 3, 0, 6)
NEGATIVE: Final = 0x4000
BASE: Final = 10_000
CHUNK: Final = 8_192
"""Rows that are taken apart at a time: they stay in the processor's cache."""


@dataclass
class Layout:
    """One row as Postgres wants it: its fields, and what every row has in common."""

    fields: list[tuple[str, Any]] = field(default_factory=list)
    constants: dict[str, Any] = field(default_factory=dict)

    def add(self, name: str, dtype: Any, constant: Any = None) -> None:
        """One more field."""
        self.fields.append((name, dtype))
        if constant is not None:
            self.constants[name] = constant

    def blank(self) -> Array:
        """A single row with all constants filled in."""
        row = np.zeros(1, np.dtype(self.fields))
        for name, value in self.constants.items():
            row[name] = value
        return row


@lru_cache(maxsize=256)
def copy_row(stream: Stream, width: int) -> Array:
    """A row of `COPY` whose vectors hold this many numbers."""
    layout = Layout()
    layout.add("row.count", ">i2", len(stream.columns) + 1)
    _add_columns(layout, stream, width, "copy")
    return layout.blank()


@lru_cache(maxsize=256)
def array_element(stream: Stream, width: int) -> Array:
    """An element of an array of the table's row type."""
    layout = Layout()
    layout.add("row.size", ">i4")
    layout.add("row.count", ">i4", len(stream.columns) + 1)
    _add_columns(layout, stream, width, "element")
    blank = layout.blank()
    blank["row.size"] = blank.dtype.itemsize - 4
    return blank


def _add_columns(layout: Layout, stream: Stream, width: int, form: str) -> None:
    _add_field(layout, RUN, form, *INT4)
    for column in stream.columns:
        if column.vector:
            _add_vector(layout, column, form, width)
        else:
            _add_field(layout, column.name, form, *_scalar(column))


def _add_field(layout: Layout, name: str, form: str, dtype: Any, oid: int) -> None:
    if form == "element":
        layout.add(f"{name}.oid", ">u4", oid)
    layout.add(f"{name}.size", ">i4", np.dtype(dtype).itemsize)
    layout.add(name, dtype)


def _add_vector(layout: Layout, column: Column, form: str, width: int) -> None:
    item = np.dtype([("size", ">i4"), ("value", FLOAT8[0])])
    head = (1, 0, FLOAT8[1], width, 1) if width else (0, 0, FLOAT8[1])
    if form == "element":
        layout.add(f"{column.name}.oid", ">u4", FLOAT8_ARRAY_OID)
    layout.add(f"{column.name}.size", ">i4", 4 * len(head) + width * item.itemsize)
    layout.add(f"{column.name}.head", (">i4", (len(head),)), head)
    layout.add(f"{column.name}.items", (item, (width,)))


def _scalar(column: Column) -> tuple[Any, int]:
    if is_money(column):
        return NUMERIC, NUMERIC_OID
    if column.numpy.kind == "f":
        return FLOAT8
    return INTEGERS[column.numpy.itemsize]


def width_of(block: Block) -> int:
    """How many numbers its vectors hold; a stream has at most one vector column."""
    return next((int(block[c.name].shape[1]) for c in block.stream.columns if c.vector), 0)


def filled(blank: Array, run_id: int, block: Block) -> Array:
    """The block's rows in this layout."""
    rows = np.empty(len(block), blank.dtype)
    rows[:] = blank
    rows[RUN] = run_id
    for column in block.stream.columns:
        values = block[column.name]
        if column.vector:
            items = rows[f"{column.name}.items"]
            items["size"] = 8
            items["value"] = values
        elif is_money(column):
            _write_numeric(rows[column.name], values)
        else:
            rows[column.name] = values
    return rows


def array_of(block: Block, run_id: int, type_oid: int) -> bytes:
    """The block as one binary parameter: an array of the table's row type."""
    head = struct.pack(">iiIii", 1, 0, type_oid, len(block), 1)
    return head + filled(array_element(block.stream, width_of(block)), run_id, block).tobytes()


def _write_numeric(target: Array, values: Array) -> None:
    target["head"] = NUMERIC_HEAD
    target["head"][:, 2] = np.where(values < 0, NEGATIVE, 0)
    size = np.where(values < 0, -(values + 1), values).astype(np.uint64) + (values < 0)
    whole, micros = size // MICRO, size % MICRO
    digits = target["digits"]
    for place in range(3, -1, -1):
        digits[:, place] = whole % BASE
        whole = whole // BASE
    digits[:, 4] = micros // 100
    digits[:, 5] = micros % 100 * 100


def parsed(stream: Stream, data: bytes | bytearray, watermark_ns: int) -> Block:
    """The block in the output of `COPY (SELECT columns …) TO STDOUT (FORMAT binary)`, money as millionths."""
    start, stop = len(COPY_HEAD), len(data) - len(COPY_TAIL)
    if stop <= start:
        return stream.empty(watermark_ns=watermark_ns)
    dtype = _read_dtype(stream, data, start)
    if (stop - start) % dtype.itemsize:
        raise Corrupt(f"rows of {stream.name} have vectors of different lengths or missing values")
    rows = np.frombuffer(data, dtype, (stop - start) // dtype.itemsize, start)
    constant = [name for name in dtype.names or () if name.endswith((".count", ".size", ".head"))]
    columns = {c.name: _column(rows, c) for c in stream.columns}
    for first in range(0, len(rows), CHUNK):
        some = rows[first : first + CHUNK]
        if any((some[name] != rows[name][0]).any() for name in constant):
            raise Corrupt(f"rows of {stream.name} have vectors of different lengths or missing values")
        for column in stream.columns:
            columns[column.name][first : first + CHUNK] = _values(some, column)
    return stream.block(columns, watermark_ns=watermark_ns)


def _column(rows: Array, column: Column) -> Array:
    return np.empty(_values(rows, column).shape, column.numpy)


def _values(rows: Array, column: Column) -> Array:
    values: Array = rows[f"{column.name}.items"]["value"] if column.vector else rows[column.name]
    return values


def _read_dtype(stream: Stream, data: bytes | bytearray, start: int) -> np.dtype[Any]:
    layout = Layout()
    layout.add("row.count", ">i2")
    for column in stream.columns:
        if not column.vector:
            dtype = INTEGERS[8][0] if is_money(column) else _scalar(column)[0]
            _add_field(layout, column.name, "copy", dtype, 0)
            continue
        at = start + np.dtype(layout.fields).itemsize
        (size,) = struct.unpack_from(">i", data, at)
        _add_vector(layout, column, "copy", max(size - 20, 0) // 12)
    return np.dtype(layout.fields)
