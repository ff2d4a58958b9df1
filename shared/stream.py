"""What a stream is: named columns, a key, and how its blocks travel."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.block import Block

Array = npt.NDArray[Any]


class Wire(enum.Enum):
    """How a block's rows travel: raw column buffers for machines, JSON rows for everyone."""

    COLUMNS = "columns"
    ROWS = "rows"


@dataclass(frozen=True)
class Column:
    """One named column; a vector column holds as many numbers a row as its writer chose."""

    name: str
    dtype: type[np.generic]
    meaning: str
    vector: bool = False
    nan: bool = False
    digest: bool = True
    since: int = 1

    @cached_property
    def numpy(self) -> np.dtype[Any]:
        """The little-endian dtype of one element: the very object that numpy has for it, if it has one."""
        return np.dtype(np.dtype(self.dtype).newbyteorder("<").str)

    @property
    def signature(self) -> str:
        """What a reader must agree on: name, type, and whether a row holds a vector."""
        return f"{self.name}:{self.numpy.str}{'[]' if self.vector else ''}"


@dataclass(frozen=True, eq=False)
class Stream:
    """A table on a bus: its columns, what partitions it, and the order of its rows."""

    name: str
    key: str
    wire: Wire
    columns: tuple[Column, ...]
    order: tuple[str, ...] = ("event_time_ns", "instrument")
    money: bool = False

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Column names in their order on the wire."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def version(self) -> int:
        """How often the columns have changed; readers know this version and the one before."""
        return max(column.since for column in self.columns)

    def columns_of(self, version: int) -> tuple[Column, ...]:
        """The columns as they were then; columns that came later are zero in its blocks."""
        return tuple(column for column in self.columns if column.since <= version)

    def schema_of(self, version: int) -> int:
        """A hash of the columns of one version."""
        text = ",".join(column.signature for column in self.columns_of(version))
        digest = hashlib.blake2b(f"{self.name}({text})".encode(), digest_size=4).digest()
        return int.from_bytes(digest, "big")

    @cached_property
    def schema(self) -> int:
        """A hash of the columns: a reader that wants others refuses the block."""
        return self.schema_of(self.version)

    @cached_property
    def known(self) -> Mapping[int, int]:
        """Schema hashes that this release reads, and the version each stands for."""
        return {self.schema_of(v): v for v in (self.version, self.version - 1) if v > 0}

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """One row as a record, for kernels that write rows (scalar columns only)."""
        scalars = [(c.name, c.numpy) for c in self.columns if not c.vector]
        return np.dtype((np.record, np.dtype(scalars, align=True)))

    def block(self, columns: Mapping[str, Any], *, watermark_ns: int, partition: int = 0) -> Block:
        """A block of these columns, each checked for its type, shape and length."""
        arrays = {c.name: _column(c, columns[c.name]) for c in self.columns}
        lengths = {array.shape[0] for array in arrays.values()}
        if len(lengths) > 1 or len(columns) != len(arrays):
            found = {name: len(column) for name, column in columns.items()}
            raise ValueError(f"{self.name} wants equally long {self.names}, found {found}")
        return Block(self, arrays, watermark_ns=watermark_ns, partition=partition)

    def empty(self, *, watermark_ns: int, partition: int = 0) -> Block:
        """No rows, only time."""
        return Block(self, self._nothing, watermark_ns=watermark_ns, partition=partition)

    @cached_property
    def _nothing(self) -> Mapping[str, Array]:
        return {c.name: np.empty((0, 0) if c.vector else 0, c.numpy) for c in self.columns}

    def records(self, rows: Array, *, watermark_ns: int, partition: int = 0) -> Block:
        """A block of rows that a kernel wrote as records of `dtype`."""
        arrays = {name: rows[name].copy() for name in self.names}
        return Block(self, arrays, watermark_ns=watermark_ns, partition=partition)


def _column(column: Column, values: Any) -> Array:
    array = np.ascontiguousarray(values, dtype=column.numpy)
    if array.ndim != (2 if column.vector else 1):
        raise ValueError(f"column {column.name} has {array.ndim} dimensions")
    return array
