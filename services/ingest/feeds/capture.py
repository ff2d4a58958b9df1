"""A captured feed, `<our ns> <frame>` a line: ticks, changes of books, and a count for every line."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from services.ingest.feeds.binance_wire import BinanceWire, Stranger, symbol_of
from services.ingest.feeds.events import Complaint, DepthChange, DepthPicture, Event, Quote, Trade
from services.ingest.feeds.rows import DepthRows, Received, deltas_block, ticks_block
from services.ingest.feeds.tracker import FeedTracker, MissedTrades, Taken
from services.ingest.files.reading import Unreadable
from services.ingest.files.source_text import TextFile
from services.ingest.files.steps import terms_of
from services.ingest.tape import Tape
from shared.block import Block
from shared.failures import BadInput, Refused
from shared.market import Instruments
from shared.time import BEFORE_TAPE, SECOND_NS

LONGEST_LINE: Final = 1 << 24
"""A picture of five thousand levels a side takes a fiftieth of it."""
HEAD_LINES: Final = 5_000
"""Lines that are looked at to know which symbols a capture speaks of."""
MOST_REASONS: Final = 32
MOST_HOLES: Final = 16
SKEW_TOLD_NS: Final = SECOND_NS
_QUOTED: Final = re.compile(r"'[^']*'")
_KINDS: Final = {Trade: "trades", Quote: "quotes", DepthChange: "changes", DepthPicture: "pictures"}


class Line(NamedTuple):
    """One frame, its place in the file counted from 1, and when it came."""

    number: int
    received_ns: int
    frame: bytes


class Capture(NamedTuple):
    """A capture as tables sorted by time, and how far our clock was from the venue's."""

    tape: Tape
    depth: tuple[DepthRows, ...]
    skew_ns: int

    @property
    def deltas(self) -> Block:
        """The changes of the book, a row a level."""
        return deltas_block(self.depth).until(self.tape.ticks.watermark_ns)


class CapturedFeed:
    """Reads frames once, in their order; every line is counted as what it was.

    lines = trades + quotes + changes + pictures + silent + left_out + the unreadable ones.
    """

    def __init__(
        self, text: TextFile, instruments: Instruments, only: Collection[str] = (), alone: str = ""
    ) -> None:
        self.unreadable, self.tracker = Unreadable(), FeedTracker()
        self.lines = dict.fromkeys(("lines", *_KINDS.values(), "silent", "left_out"), 0)
        self._text, self._source, self._only, self._alone = text, text.path.name, only, alone
        self._terms = terms_of(row for row in instruments if not only or row.symbol in only)
        self._symbols = {terms.instrument: symbol for symbol, terms in self._terms.items()}
        self._wire = BinanceWire(self._terms)
        self._newest: dict[int, int] = {}
        self._holes: deque[MissedTrades] = deque()

    def taken(self) -> Iterator[tuple[Line, Taken]]:
        """What each line gave, as far as it gave anything."""
        for line in lines_of(self._text, self.unreadable):
            try:
                events = self._wire.events(line.frame, self._pictured)
            except Stranger as error:
                self._strange(line, error)
                continue
            except BadInput as error:
                self._unreadable(line, error)
                continue
            self._count(events)
            taken = self.tracker.take(events, line.received_ns)
            self._give_up_old_holes(taken)
            yield line, taken
        self.lines["lines"] = sum(self.lines.values()) + len(self.unreadable)

    @property
    def done(self) -> int:
        """Bytes of the file that have been read."""
        return self._text.done

    @property
    def notes(self) -> tuple[str, ...]:
        """What should be said once, when all has been read."""
        return (*self._text.notes, *(f"{self._source}: {note}" for note in self._notes()))

    def _give_up_old_holes(self, taken: Taken) -> None:
        """Nobody fetches what is missing: trades of the last few holes may still come by themselves."""
        self._holes.extend(want for want in taken.wants if isinstance(want, MissedTrades))
        while len(self._holes) > MOST_HOLES:
            self.tracker.give_up(self._holes.popleft())

    def _count(self, events: Iterable[Event]) -> None:
        kind = "silent"
        for event in events:
            kind = _KINDS.get(type(event), "silent")
            if isinstance(event, DepthChange):
                self._newest[event.instrument] = event.last
            self.tracker.counts.complaints += isinstance(event, Complaint)
        self.lines[kind] += 1

    def _pictured(self, last: int) -> str:
        """A picture names no symbol: it is of the book whose numbers are nearest, or of the only one."""
        if self._newest:
            nearest = min(self._newest, key=lambda instrument: abs(self._newest[instrument] - last))
            return self._symbols[nearest]
        return self._alone

    def _strange(self, line: Line, error: Stranger) -> None:
        if self._only:
            self.lines["left_out"] += 1
        else:
            self._unreadable(line, error)

    def _unreadable(self, line: Line, error: BadInput) -> None:
        reason = _QUOTED.sub("…", str(error).split(": ", 1)[0])
        if reason not in self.unreadable.counts and len(self.unreadable.counts) >= MOST_REASONS:
            reason = "a frame that says nothing, for another reason"
        self.unreadable.add(line.number, reason, line.frame[:256].decode("utf-8", "replace"))

    def _notes(self) -> Iterator[str]:
        lines, counts, clock = self.lines, self.tracker.counts, self.tracker.clock
        told = ", ".join(_counted(lines[kind], *names) for kind, names in _NAMES.items() if lines[kind])
        yield f"{lines['lines']:,} lines: {told or 'none says anything'}"
        if clock.skew_ns < 0:
            yield f"our clock was {-clock.skew_ns / SECOND_NS:.3f} s behind the venue's"
        elif clock.skew_ns > SKEW_TOLD_NS:
            yield f"all of it came {clock.skew_ns / SECOND_NS:.3f} s late at best: a slow line or fast clock"
        if counts.trade_gaps:
            missed = _counted(counts.trades_missed, "trade is missing", "trades are missing")
            yield f"{missed} in {_counted(counts.trade_gaps, 'gap', 'gaps')} of their numbers"
        if counts.duplicates:
            yield _counted(counts.duplicates, "row came twice", "rows came twice")
        if counts.complaints:
            yield f"the venue turned down {_counted(counts.complaints, 'request', 'requests')}"
        yield from self._notes_on_books()
        for symbol, terms in self._terms.items():
            if terms.size.rounded:
                sizes = _counted(terms.size.rounded, f"size of {symbol} lies", f"sizes of {symbol} lie")
                yield f"{sizes} between two lots of {terms.size.size:f}; each went to the nearest"

    def _notes_on_books(self) -> Iterator[str]:
        counts = self.tracker.counts
        if counts.book_gaps:
            gaps = _counted(counts.book_gaps, "gap in a book", "gaps in books")
            yield f"{gaps}: from there until the next picture there is no book"
        unseen = [self._symbols[number] for number in self._newest if not self._was_followed(number)]
        if unseen:
            yield f"no picture of the book of {', '.join(unseen[:5])}: its changes cannot be followed"

    def _was_followed(self, instrument: int) -> bool:
        return bool(self.tracker.books[instrument].number)


_NAMES: Final = {
    "trades": ("trade", "trades"),
    "quotes": ("quote", "quotes"),
    "changes": ("change of a book", "changes of books"),
    "pictures": ("picture of a book", "pictures of books"),
    "silent": ("answer or other stream", "answers and other streams"),
    "left_out": ("of another symbol", "of other symbols"),
}


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def lines_of(text: TextFile, unreadable: Unreadable) -> Iterator[Line]:
    """The frames of a capture; what is none is counted."""
    number = 0
    try:
        for chunk in text.chunks():
            if chunk.long:
                number += 1
                unreadable.add(number, "longer than a line may be")
                continue
            for row in chunk.text.splitlines():
                number += 1
                time, _, frame = row.strip().partition(b" ")
                if time.isdigit() and len(time) < 20 and frame:
                    yield Line(number, int(time), frame)
                elif row.strip():
                    unreadable.add(number, "no `<ns> <frame>`", row[:256].decode("utf-8", "replace"))
    finally:
        text.close()


def read_lines(path: Path) -> Iterator[Line]:
    """The frames of a capture, packed or not."""
    return lines_of(TextFile(path, line_bytes=LONGEST_LINE), Unreadable())


def spoken_of(path: Path) -> list[str]:
    """The symbols that the first lines of a capture speak of, in their order."""
    symbols = (symbol_of(line.frame) for line in islice(read_lines(path), HEAD_LINES))
    return list(dict.fromkeys(filter(None, symbols)))


def is_capture(path: Path) -> bool:
    """Whether a file begins like a captured feed: a time and a JSON object."""
    if not path.is_file() or not path.stat().st_size:
        return False
    try:
        first = next(iter(read_lines(path)), None)
    except Refused:
        return False
    return first is not None and first.number == 1 and first.frame.startswith(b"{")


def captured_feed(path: Path, instruments: Instruments, only: Collection[str] = ()) -> CapturedFeed:
    """A capture of these instruments; refused here if it speaks of none of them."""
    if not path.is_file():
        raise Refused(f"there is no capture at {path}")
    spoken = spoken_of(path)
    wanted = [symbol for symbol in spoken if instruments.symbol(symbol) and (not only or symbol in only)]
    if not wanted:
        names = ", ".join(only) or ", ".join(row.symbol for row in instruments) or "anything described"
        raise Refused(f"{path} holds no frames of {names}; it speaks of {', '.join(spoken) or 'no symbol'}")
    text = TextFile(path, line_bytes=LONGEST_LINE)
    return CapturedFeed(text, instruments, only, wanted[0] if len(spoken) == 1 else "")


def read_capture(path: Path, instruments: Instruments) -> Capture:
    """A captured Binance feed of these instruments, whole; what cannot be read is said, what can is kept."""
    feed = captured_feed(path, instruments)
    ticks, depth = list[Received](), list[DepthRows]()
    for _, taken in feed.taken():
        ticks += taken.ticks
        depth += taken.depth
    ticks += feed.tracker.rest()
    table = ticks_block(ticks).sorted()
    watermark = int(table["event_time_ns"][-1]) if len(table) else BEFORE_TAPE
    faults = tuple(f"{path.name}: {count:,} × {why}" for why, count in feed.unreadable.counts.items())
    tape = Tape(instruments, table.until(watermark), (*feed.notes, *faults))
    return Capture(tape, tuple(depth), feed.tracker.clock.skew_ns)
