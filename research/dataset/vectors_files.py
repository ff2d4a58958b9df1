"""Tables of features as files: CSV with every digit of a value, or Parquet."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from research.dataset.vectors import Part
from research.labels.rules import UNKNOWN_NS
from shared.failures import Refused
from shared.time import iso

if TYPE_CHECKING:
    import pyarrow as pa

UNFINISHED: Final = ".unfinished"
TIME: Final = "time"
SYMBOL: Final = "symbol"
END: Final = ".end"


class Head(NamedTuple):
    """What a table's columns are called, what its instruments are, and what to say of its making."""

    features: tuple[str, ...]
    labels: tuple[str, ...]
    symbols: Callable[[int], str]
    about: Mapping[str, str]

    @property
    def columns(self) -> tuple[str, ...]:
        """Time, symbol, each feature, each label and its end."""
        ends = (name for label in self.labels for name in (label, label + END))
        return (TIME, SYMBOL, *self.features, *ends)


def writer_of(path: Path) -> Callable[[Path, Head, Iterable[Part]], int]:
    """How a file of this name is written."""
    found = WRITERS.get(path.suffix.lower())
    if found is None:
        raise Refused(f"{path.name} should end in {' or '.join(WRITERS)}")
    return found


def write(path: Path, head: Head, parts: Iterable[Part]) -> int:
    """Writes a table, which appears whole or not at all; gives the number of its rows."""
    writes = writer_of(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        rows = writes(unfinished, head, parts)
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return rows


def _csv(path: Path, head: Head, parts: Iterable[Part]) -> int:
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(head.columns) + "\n")
        for part in parts:
            file.write("".join(",".join(cells) + "\n" for cells in _cells(head, part)))
            rows += len(part.times_ns)
    return rows


def _cells(head: Head, part: Part) -> Iterator[tuple[str, ...]]:
    columns = [_moments(part.times_ns), list(map(head.symbols, part.instruments.tolist()))]
    columns += [_floats(column) for column in part.values.T]
    for label in part.labels:
        columns += [_floats(label.values), _moments(label.end_ns)]
    return zip(*columns, strict=True)


def _floats(values: Any) -> list[str]:
    return ["" if math.isnan(value) else repr(value) for value in values.tolist()]


def _moments(times_ns: Any) -> list[str]:
    texts = {time: "" if time == UNKNOWN_NS else iso(time) for time in np.unique(times_ns).tolist()}
    return [texts[time] for time in times_ns.tolist()]


def _parquet(path: Path, head: Head, parts: Iterable[Part]) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    moment = pa.timestamp("ns", tz="UTC")
    kinds = {TIME: moment, SYMBOL: pa.string()}
    fields = [
        (name, kinds.get(name) or (moment if name.endswith(END) else pa.float64())) for name in head.columns
    ]
    rows = 0
    with pq.ParquetWriter(path, pa.schema(fields, metadata=dict(head.about)), compression="zstd") as file:
        for part in parts:
            arrays = [array.cast(kind) for array, (_, kind) in zip(_arrays(head, part), fields, strict=True)]
            file.write_table(pa.table(arrays, schema=file.schema))
            rows += len(part.times_ns)
    return rows


def _arrays(head: Head, part: Part) -> Iterator[pa.Array]:
    import pyarrow as pa

    yield pa.array(part.times_ns)
    yield pa.array(list(map(head.symbols, part.instruments.tolist())), pa.string())
    for column in part.values.T:
        yield pa.array(np.ascontiguousarray(column))
    for label in part.labels:
        yield pa.array(label.values)
        yield pa.array(label.end_ns, mask=label.end_ns == UNKNOWN_NS)


WRITERS: Final[Mapping[str, Callable[[Path, Head, Iterable[Part]], int]]] = {
    ".csv": _csv,
    ".parquet": _parquet,
}
