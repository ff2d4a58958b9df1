"""How a log's writer groups ticks: a cut is a block for every partition, all with one watermark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from shared.block import Block
from shared.ids import partition_of
from shared.streams import TICKS
from shared.time import END_OF_TAPE

Array = npt.NDArray[Any]

WIRE_ROWS: Final = 4096
"""Rows that surely fit a block on a wire."""
_KEYS: Final = 1 << 16
_CHUNK_ROWS: Final = 1 << 19


def cut(ticks: Block, rows_per_cut: int, partitions: int) -> Iterator[list[Block]]:
    """A tape's cuts: a function of the tape alone; the last one is empty and ends the tape.

    A cut promises the time of its last row, but never that of the row after it: rows with equal times may
    lie in two cuts.
    """
    lookup = PartitionTable(ticks["instrument"], partitions)
    chunk = rows_per_cut * max(1, min(_KEYS // partitions, _CHUNK_ROWS // rows_per_cut))
    for start in range(0, len(ticks), chunk):
        yield from _cuts_of(ticks, start, min(start + chunk, len(ticks)), rows_per_cut, lookup)
    yield empty_cut(partitions, END_OF_TAPE)


def empty_cut(partitions: int, watermark_ns: int) -> list[Block]:
    """No rows, only time, for every partition."""
    return [TICKS.empty(watermark_ns=watermark_ns, partition=p) for p in range(partitions)]


def one_cut(ticks: Block, lookup: PartitionTable, watermark_ns: int) -> list[Block]:
    """These rows as one cut with this promise, wherever they lay before."""
    if lookup.partitions == 1:
        return [Block(TICKS, ticks.columns, watermark_ns)] if len(ticks) else empty_cut(1, watermark_ns)
    return _split(ticks, np.zeros(len(ticks), np.uint16), 1, lookup, [watermark_ns])[0]


class PartitionTable:
    """Each instrument's partition, found for whole columns at once."""

    def __init__(self, instruments: Array, partitions: int) -> None:
        self.partitions = partitions
        self._known = _different(instruments)
        places = [partition_of(int(instrument), partitions) for instrument in self._known]
        self._places = np.array(places, np.uint16)

    def __call__(self, instruments: Array) -> Array:
        """The partition of each row."""
        known = self._known
        if len(known) and known[0] >= 0 and known[-1] < _KEYS:
            table = np.zeros(int(known[-1]) + 1, np.uint16)
            table[known] = self._places
            return table[instruments]
        return self._places[np.searchsorted(known, instruments)]


def _different(instruments: Array) -> Array:
    """The ids in a column, in order; small ones are counted, which is faster than sorting them."""
    if len(instruments) and instruments.min() >= 0 and instruments.max() < _KEYS:
        return np.flatnonzero(np.bincount(instruments))
    return np.unique(instruments)


def _cuts_of(
    ticks: Block, start: int, stop: int, rows_per_cut: int, lookup: PartitionTable
) -> list[list[Block]]:
    times = ticks["event_time_ns"]
    cuts = -(-(stop - start) // rows_per_cut)
    ends = np.minimum(start + rows_per_cut * np.arange(1, cuts + 1), stop)
    following = np.where(ends < len(times), times[np.minimum(ends, len(times) - 1)] - 1, END_OF_TAPE - 1)
    watermarks = np.minimum(times[ends - 1], following).tolist()
    which = (np.arange(stop - start) // rows_per_cut).astype(np.uint16)
    return _split(ticks.rows(start, stop), which, cuts, lookup, watermarks)


def _split(
    ticks: Block, which: Array, cuts: int, lookup: PartitionTable, watermarks: list[int]
) -> list[list[Block]]:
    """Rows by cut and partition through one stable sort; every block is a view of the sorted columns."""
    partitions = lookup.partitions
    key = which * np.uint16(partitions) + lookup(ticks["instrument"])
    order = np.argsort(key, kind="stable")
    columns = {name: array.take(order) for name, array in ticks.columns.items()}
    edges = [0, *np.cumsum(np.bincount(key, minlength=cuts * partitions)).tolist()]
    found = []
    for c in range(cuts):
        blocks = []
        for p in range(partitions):
            start, stop = edges[c * partitions + p], edges[c * partitions + p + 1]
            if start == stop:
                blocks.append(TICKS.empty(watermark_ns=watermarks[c], partition=p))
                continue
            rows = {name: array[start:stop] for name, array in columns.items()}
            blocks.append(Block(TICKS, rows, watermarks[c], p))
        found.append(blocks)
    return found
