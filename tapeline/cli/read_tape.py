"""A tape as a verb reads it: a lake day by day, recorded blocks, or files, which are sorted on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tapeline.cli.outcome import DataMissing

if TYPE_CHECKING:
    from services.ingest.files.options import ReadOptions
    from shared.block import Block
    from shared.market import Instruments


class OpenTape(NamedTuple):
    """The ticks of a tape in parts, what they are of, what was told beside them, and from when to when."""

    blocks: Iterator[Block]
    instruments: Instruments
    facts: Block
    span_ns: tuple[int, int]

    @property
    def days(self) -> tuple[str, str]:
        """The UTC days of the first and the last tick."""
        from shared.lake.folders import day_of

        return day_of(self.span_ns[0]), day_of(self.span_ns[1])


@contextmanager
def opened(source: Path, folder: Path, reading: ReadOptions) -> Iterator[OpenTape]:
    """A tape opened; files go through a lake of their own, which sorts them."""
    from services.ingest.tape import read_instruments, read_tape
    from shared.lake.block_log import segments
    from shared.lake.days import read_days, span_of
    from shared.lake.folders import files_of
    from shared.lake.parquet import read_any
    from shared.streams import FACTS, TICKS
    from tapeline.cli.progress import bar

    if source.is_dir() and segments(source):
        tape = read_tape(source)
        times = tape.ticks["event_time_ns"]
        span_ns = int(times[0]), int(times[-1])
        yield OpenTape(iter([tape.ticks]), tape.instruments, tape.facts, span_ns)
        return
    lake = source
    if not (source.is_dir() and files_of(source, TICKS)):
        lake = folder / "lake"
        _take(source, lake, reading)
    with bar("features") as told:
        facts, span_ns = read_any(lake, FACTS), span_of(lake, TICKS)
        yield OpenTape(read_days(lake, TICKS, told), read_instruments(lake), facts, span_ns)


def _take(source: Path, lake: Path, reading: ReadOptions) -> None:
    from services.ingest.files.checking import AcceptAll
    from services.ingest.files.intake import take_in
    from services.ingest.files.sources import files_under, open_reader
    from services.ingest.tape import read_instruments
    from shared.lake.writer import LakeWriter
    from tapeline.cli.progress import bar

    with LakeWriter(lake) as writer:
        for number, path in enumerate(files_under([source])):
            with bar(path.name) as told:
                reader = open_reader(path, read_instruments(lake), reading)
                take_in(reader, AcceptAll(), writer, lake, (str(number), told))


def only(blocks: Iterable[Block], instruments: Instruments, symbols: list[str]) -> Iterator[Block]:
    """The rows of some symbols; one that the tape does not have is refused."""
    import numpy as np

    found = {symbol: instruments.symbol(symbol) for symbol in symbols}
    if missing := [symbol for symbol, row in found.items() if row is None]:
        raise DataMissing(f"the tape has no {', '.join(missing)}")
    ids = [row.instrument for row in found.values() if row is not None]
    for block in blocks:
        yield block.take(np.flatnonzero(np.isin(block["instrument"], ids))) if ids else block
