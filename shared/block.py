"""A message on any engine: a header and zero or more rows, held as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

    from shared.stream import Stream


@dataclass(frozen=True, slots=True, repr=False)
class Block:
    """Rows of one stream and partition; an empty one carries only time."""

    stream: Stream
    columns: Mapping[str, npt.NDArray[Any]]
    watermark_ns: int
    partition: int = 0
    run: str = ""
    seq: int = 0
    prev_seq: int = 0

    def __len__(self) -> int:
        return int(self.columns[self.stream.names[0]].shape[0])

    def __repr__(self) -> str:
        place = f"{self.stream.name}/{self.partition} #{self.seq}"
        return f"<{place} {len(self)} rows, watermark {self.watermark_ns}>"

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        return self.columns[name]

    def rows(self, start: int, stop: int) -> Block:
        """Some of the rows, as views; the watermark is the reader's business."""
        return self._with({name: array[start:stop] for name, array in self.columns.items()})

    def take(self, index: npt.NDArray[Any]) -> Block:
        """The rows at these places, in this order."""
        return self._with({name: array[index] for name, array in self.columns.items()})

    def numbered(self, run: str, seq: int, prev_seq: int) -> Block:
        """The same rows under the number that a writer gave them."""
        return Block(self.stream, self.columns, self.watermark_ns, self.partition, run, seq, prev_seq)

    def until(self, watermark_ns: int) -> Block:
        """The same rows with another promise."""
        return Block(
            self.stream, self.columns, watermark_ns, self.partition, self.run, self.seq, self.prev_seq
        )

    def _with(self, columns: Mapping[str, npt.NDArray[Any]]) -> Block:
        return Block(
            self.stream, columns, self.watermark_ns, self.partition, self.run, self.seq, self.prev_seq
        )

    def sorted(self) -> Block:
        """Rows by the merge key of their stream; rows with equal keys keep their order."""
        if len(self) < 2 or self._is_a_moment_in_order():
            return self
        return self.take(np.lexsort([self.columns[name] for name in reversed(self.stream.order)]))

    def _is_a_moment_in_order(self) -> bool:
        """Whether all rows have one time and rise by the next column of the key, as at most closes."""
        times, following = (self.columns[name] for name in self.stream.order[:2])
        rises = (following[1:] > following[:-1]).all() and (times == times[0]).all()
        return bool(rises)

    def to_pandas(self) -> pd.DataFrame:
        """One row a row; a vector column becomes name_0, name_1, …"""
        import pandas as pd

        flat: dict[str, npt.NDArray[Any]] = {}
        for column in self.stream.columns:
            array = self.columns[column.name]
            if not column.vector:
                flat[column.name] = array
                continue
            flat.update({f"{column.name}_{i}": array[:, i] for i in range(array.shape[1])})
        return pd.DataFrame(flat)

    @staticmethod
    def from_pandas(stream: Stream, frame: pd.DataFrame, *, watermark_ns: int, partition: int = 0) -> Block:
        """The inverse of `to_pandas`."""
        columns: dict[str, Any] = {}
        for column in stream.columns:
            if not column.vector:
                columns[column.name] = frame[column.name].to_numpy()
                continue
            names = [name for name in frame.columns if str(name).startswith(f"{column.name}_")]
            columns[column.name] = frame[names].to_numpy()
        return stream.block(columns, watermark_ns=watermark_ns, partition=partition)


def join(blocks: Sequence[Block]) -> Block:
    """All rows of one stream's blocks, one after another, with the last block's header."""
    last = blocks[-1]
    if len(blocks) == 1:
        return last
    filled = [block for block in blocks if len(block)] or [last]
    if len(filled) == 1:
        return replace(last, columns=filled[0].columns)
    columns = {name: np.concatenate([block[name] for block in filled]) for name in last.stream.names}
    return replace(last, columns=columns)
