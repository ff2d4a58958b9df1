"""A captured feed, `<our ns> <frame>` a line, read whole: ticks, changes of books, and what was wrong."""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from services.ingest.feeds.binance_wire import BinanceWire, symbol_of
from services.ingest.feeds.rows import DepthRows, Received, deltas_block, ticks_block
from services.ingest.feeds.tracker import FeedTracker, Taken
from services.ingest.files.steps import terms_of
from services.ingest.tape import Tape
from shared.block import Block
from shared.failures import BadInput, Refused
from shared.market import Instruments
from shared.time import BEFORE_TAPE

GZIP_MAGIC = b"\x1f\x8b"
LONGEST_LINE = 1 << 24


class Capture(NamedTuple):
    """A capture as tables sorted by time, and how far our clock was from the venue's."""

    tape: Tape
    depth: tuple[DepthRows, ...]
    skew_ns: int

    @property
    def deltas(self) -> Block:
        """The changes of the book, a row a level."""
        return deltas_block(self.depth).until(self.tape.ticks.watermark_ns)


class Line(NamedTuple):
    """One frame, and when it came."""

    received_ns: int
    frame: bytes


def read_capture(path: Path, instruments: Instruments) -> Capture:
    """A captured Binance feed of these instruments; what cannot be read is said, what can is kept."""
    if not path.exists():
        raise Refused(f"there is no capture at {path}")
    faults: Counter[str] = Counter()
    lines = list(read_lines(path, faults))
    spoken = (symbol_of(line.frame) for line in lines)
    first = next((symbol for symbol in spoken if instruments.symbol(symbol)), None)
    if first is None:
        raise Refused(f"{path} holds no frames of {', '.join(row.symbol for row in instruments)}")
    tracker, ticks, depth = FeedTracker(), list[Received](), list[DepthRows]()
    for taken in _taken(lines, BinanceWire(terms_of(instruments)), tracker, first, faults):
        ticks += taken.ticks
        depth += taken.depth
    table = ticks_block(ticks).sorted()
    watermark = int(table["event_time_ns"][-1]) if len(table) else BEFORE_TAPE
    tape = Tape(instruments, table.until(watermark), tuple(_notes(path, faults, tracker)))
    return Capture(tape, tuple(depth), tracker.clock.skew_ns)


def _taken(
    lines: list[Line], wire: BinanceWire, tracker: FeedTracker, pictured: str, faults: Counter[str]
) -> Iterator[Taken]:
    for line in lines:
        try:
            events = wire.events(line.frame, pictured)
        except BadInput as error:
            faults[str(error).split(":", 1)[0]] += 1
            continue
        yield tracker.take(events, line.received_ns)


def read_lines(path: Path, faults: Counter[str] | None = None) -> Iterator[Line]:
    """The frames of a capture, packed or not; what is none is counted."""
    faults = Counter() if faults is None else faults
    with path.open("rb") as raw, _unpacked(raw) as file:
        try:
            while text := file.readline(LONGEST_LINE):
                time, _, frame = text.rstrip().partition(b" ")
                if time.isdigit() and frame:
                    yield Line(int(time), frame)
                elif text.strip():
                    faults["a line is no `<ns> <frame>`"] += 1
        except (EOFError, OSError, zlib.error):
            faults["the file ends in the middle"] += 1


def _unpacked(raw: BinaryIO) -> BinaryIO | gzip.GzipFile:
    packed = raw.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    raw.seek(0)
    return gzip.GzipFile(fileobj=raw) if packed else raw


def _notes(path: Path, faults: Counter[str], tracker: FeedTracker) -> Iterator[str]:
    for fault, times in sorted(faults.items()):
        yield f"{path.name}: {times} × {fault}"
    for name, count in vars(tracker.counts).items():
        if name in {"duplicates", "trade_gaps", "book_gaps", "trades_missed"} and count:
            yield f"{path.name}: {count} {name.replace('_', ' ')}"
    if tracker.clock.skew_ns < 0:
        yield f"{path.name}: our clock was {-tracker.clock.skew_ns / 1e9:.3f} s behind the venue's"
