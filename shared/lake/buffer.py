"""Rows on their way to a file: a partition's columns in arrays that are used again and again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from shared.block import Block
from shared.ids import partition_of
from shared.lake.parquet import is_nothing
from shared.stream import Stream
from shared.time import BEFORE_TAPE

Array = npt.NDArray[Any]


class Share(NamedTuple):
    """Some rows of a block that belong to one partition; a column of nothing but zero is None."""

    partition: int
    columns: Mapping[str, Array | None]
    places: Array


class RowBuffer:
    """Room for one file's rows; a column that has held nothing but zero takes none."""

    def __init__(self, stream: Stream, rows: int) -> None:
        self.stream, self.used = stream, 0
        self._rows = rows
        self._columns: dict[str, Array] = {}
        self._filled: set[str] = set()

    def add(self, share: Share) -> Share | None:
        """Takes what there is room for; gives back the rest."""
        count = min(len(share.places), self._rows - self.used)
        index, start, stop = share.places[:count], self.used, self.used + count
        for name, source in share.columns.items():
            if source is not None:
                goal = self._column(name, source)[start:stop]
                np.take(source, index, axis=0, out=goal, mode="clip")
            elif name in self._filled:
                self._columns[name][start:stop] = 0
        self.used = stop
        rest = share.places[count:]
        return share._replace(places=rest) if len(rest) else None

    def block(self, partition: int) -> Block:
        """The rows as views of this buffer, which must rest until they are written."""
        columns = {
            c.name: self._columns[c.name][: self.used]
            if c.name in self._filled
            else zeros(c.numpy, self.used)
            for c in self.stream.columns
        }
        return Block(self.stream, columns, BEFORE_TAPE, partition)

    def clear(self) -> None:
        """Makes the room free again."""
        self.used = 0
        self._filled.clear()

    def _column(self, name: str, source: Array) -> Array:
        kept = self._columns.get(name)
        if kept is None or kept.dtype != source.dtype or kept.shape[1:] != source.shape[1:]:
            kept = self._columns[name] = np.empty((self._rows, *source.shape[1:]), source.dtype)
        if name not in self._filled:
            kept[: self.used] = 0
            self._filled.add(name)
        return kept


def shares(block: Block, partitions: int) -> Iterator[Share]:
    """Which of a block's rows belong to which partition, each partition's in their order."""
    instruments = block["instrument"]
    if not len(instruments):
        return
    if instruments.min() < 0:
        known, codes = np.unique(instruments, return_inverse=True)
        which = _places(known, partitions)[codes]
    else:
        known = np.flatnonzero(np.bincount(instruments))
        table = np.zeros(int(known[-1]) + 1, np.uint8)
        table[known] = _places(known, partitions)
        which = table.take(instruments)
    order = np.argsort(which, kind="stable")
    edges = [0, *np.cumsum(np.bincount(which, minlength=partitions)).tolist()]
    columns = {name: None if is_nothing(array) else array for name, array in block.columns.items()}
    for partition in range(partitions):
        start, stop = edges[partition], edges[partition + 1]
        if start < stop:
            yield Share(partition, columns, order[start:stop])


def zeros(dtype: np.dtype[Any], rows: int) -> Array:
    """As many zeros that take no room."""
    return np.broadcast_to(np.zeros(1, dtype), rows)


def _places(known: Array, partitions: int) -> Array:
    return np.array([partition_of(int(i), partitions) for i in known], np.uint8)
