"""A tape's vectors as the live line computes them, in parts, with labels beside them when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from research.dataset.learning import NO_FACTS
from research.labels.rules import Asked, Column, label
from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from shared.block import Block, join
from shared.hours import Hours
from shared.streams import BARS, TICKS
from shared.time import BEFORE_TAPE, END_OF_TAPE

ROWS: Final = 1 << 16
"""Ticks that the processor is given at once, and rows of a part when vectors are read back."""
SPOOL: Final = "vectors.f64"
Whole = npt.NDArray[np.int64]


class Part(NamedTuple):
    """Rows of a table of features: time, instrument, a vector each, and their labels."""

    times_ns: Whole
    instruments: npt.NDArray[np.int32]
    values: npt.NDArray[np.float64]
    labels: tuple[Column, ...]

    def since(self, from_ns: int) -> Part:
        """The rows from a time on."""
        start = int(np.searchsorted(self.times_ns, from_ns))
        return self.rows(start, len(self.times_ns))

    def rows(self, start: int, stop: int) -> Part:
        """Some of the rows."""
        return Part(
            self.times_ns[start:stop],
            self.instruments[start:stop],
            self.values[start:stop],
            tuple(Column(one.name, one.values[start:stop], one.end_ns[start:stop]) for one in self.labels),
        )


class Beside(NamedTuple):
    """What is known beside a tape's ticks: facts, and the sessions of its instruments."""

    facts: Block = NO_FACTS
    hours: tuple[Hours, ...] = ()


NOTHING_BESIDE: Final = Beside()


@dataclass(frozen=True)
class Future:
    """Which labels are wanted, what tells the session of a close, and where vectors wait for them."""

    labels: tuple[Asked, ...]
    sessions: Callable[[Whole], Whole] | None
    folder: Path


def vectors(
    ticks: Iterable[Block], spec: FeatureSpec, beside: Beside = NOTHING_BESIDE
) -> Iterator[tuple[Block, Block]]:
    """The bars that each part of a sorted tape completes, and their vectors; facts wait for their time."""
    processor = FeatureProcessor(spec, 0, hours=beside.hours)
    processor.handle(beside.facts)
    for block in (*_cut(ticks), END):
        given = tuple(processor.handle(block))
        if given and len(given[0]):
            yield given[0], given[1]


def cut_off(ticks: Iterable[Block], to_ns: int) -> Iterator[Block]:
    """The tape up to a time; if it went on, everything before that time is complete."""
    for block in ticks:
        stop = int(np.searchsorted(block["event_time_ns"], to_ns))
        if stop < len(block):
            yield block.rows(0, stop).until(to_ns - 1)
            return
        yield block


def parts(ticks: Iterable[Block], spec: FeatureSpec, beside: Beside = NOTHING_BESIDE) -> Iterator[Part]:
    """The table without labels, as it becomes known."""
    for bars, features in vectors(ticks, spec, beside):
        yield Part(bars["event_time_ns"], bars["instrument"], features["values"], ())


def labelled_parts(
    ticks: Iterable[Block], spec: FeatureSpec, future: Future, beside: Beside = NOTHING_BESIDE
) -> Iterator[Part]:
    """The table with labels: vectors wait in a file, bars in memory, until the tape is over."""
    spool = future.folder / SPOOL
    with spool.open("wb") as file:
        kept = [_kept(bars, features, file) for bars, features in vectors(ticks, spec, beside)]
    bars = join(kept or [BARS.empty(watermark_ns=BEFORE_TAPE)])
    del kept
    sessions = None if future.sessions is None else future.sessions(bars["event_time_ns"])
    columns = tuple(label(bars, future.labels, sessions))
    whole = Part(bars["event_time_ns"], bars["instrument"], np.empty((len(bars), 0)), columns)
    width = len(spec.features)
    with spool.open("rb") as file:
        for start in range(0, len(bars), ROWS):
            part = whole.rows(start, start + ROWS)
            count = len(part.times_ns)
            values = np.fromfile(file, np.float64, count * width).reshape(count, width)
            yield part._replace(values=values)
    spool.unlink()


def _kept(bars: Block, features: Block, file: Any) -> Block:
    """Puts the vectors into the file, and keeps the bars."""
    np.ascontiguousarray(features["values"]).tofile(file)
    return bars


def _cut(ticks: Iterable[Block]) -> Iterator[Block]:
    """Pieces of a size, each promising what a row at the same time as its last would not break."""
    for block in ticks:
        times = block["event_time_ns"]
        for start in range(0, len(block), ROWS):
            stop = min(start + ROWS, len(block))
            yield block.rows(start, stop).until(int(times[stop - 1]) - 1)
        if len(block) == 0 or block.watermark_ns > int(times[-1]):
            yield block.rows(0, 0).until(block.watermark_ns)


END: Final = TICKS.empty(watermark_ns=END_OF_TAPE)
