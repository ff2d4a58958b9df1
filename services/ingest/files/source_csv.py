"""CSV files of ticks, quotes, trades and bars: every line a row or a counted fault, prices exact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.ingest.files import csv_kernels as kernels
from services.ingest.files.checking import BELOW_GRID, OFF_GRID_PRICE, OFF_GRID_SIZE, RawTicks
from services.ingest.files.csv_kernels import DONE, MIXED_ZONES, NEW_SYMBOL, STATE, UNSET
from services.ingest.files.headers import ROLES, mapped
from services.ingest.files.options import ANY_ZONE, ReadOptions
from services.ingest.files.reading import Unreadable, doubtful_note, rounded_note, source_name, unknown_note
from services.ingest.files.source_text import LINE_BYTES, Chunk, Lines
from services.ingest.files.symbols import SymbolTable
from services.ingest.files.text_kernels import CUT, EPOCH, FAULTS, FIELDS, LONG, NO_ZONE
from services.ingest.files.zones import utc_of, zone_of
from shared.failures import Refused
from shared.market import Instruments
from shared.streams import TICKS
from shared.time import BEFORE_TAPE

Array = npt.NDArray[Any]

CONTROLS: Final = bytes({*range(32), 127} - {*b"\t\v\f\r\n"})
"""Bytes that no line of names has."""
DELIMITERS: Final = ",\t;|"
OF_A_TICK: Final = {
    column.name: ROLES.index(name)
    for column in TICKS.columns
    for name in [{"event_time_ns": "timestamp", "instrument": "symbol"}.get(column.name, column.name)]
    if name in ROLES
}
"""The place of each tick column among the columns that the kernel fills."""


class CsvReader:
    """Reads one file once."""

    def __init__(self, text: Lines, instruments: Instruments, options: ReadOptions) -> None:
        self.source, self.size, self.instruments = source_name(text.path), text.size, instruments
        self.unreadable = Unreadable()
        self._text, self._options = text, options
        self._symbols = SymbolTable(instruments, options, self.source)
        self._odd = dict.fromkeys((OFF_GRID_PRICE, OFF_GRID_SIZE, BELOW_GRID), 0)
        self._doubtful = 0
        self._zone_line = 0
        self._now = np.zeros(1, STATE)
        self._now[0]["zone"], self._now[0]["most"], self._now[0]["symbol"] = UNSET, LINE_BYTES, -1
        self._now[0]["any_zone"] = int(options.tz == ANY_ZONE)

    @property
    def done(self) -> int:
        """Bytes that have been read."""
        return self._text.done

    @property
    def notes(self) -> tuple[str, ...]:
        """Unknown symbols, rounded numbers, and whatever was odd about the file itself."""
        odd = rounded_note(self.source, *self._odd.values())
        unknown = unknown_note(self.source, self._symbols.unknown)
        return (*self._text.notes, *unknown, *odd, *doubtful_note(self.source, self._doubtful))

    def chunks(self) -> Iterator[RawTicks]:
        """Every row that can be read; a line that cannot is counted."""
        layout: _Layout | None = None
        try:
            for chunk in self._text.chunks():
                now = self._now[0]
                if chunk.long:
                    self.unreadable.add(int(now["line"]), FAULTS[LONG])
                    now["line"] += 1
                    continue
                if self._text.cut and not chunk.whole:
                    self.unreadable.add(int(now["line"]), FAULTS[CUT])
                    continue
                now["at"], now["whole"] = 0, int(chunk.whole)
                if layout is None:
                    layout, now["at"] = self._layout(chunk.text)
                    if layout is None:
                        continue
                    now["line"] -= int(chunk.head)
                yield from self._rows(chunk, layout)
            if layout is None:
                raise Refused(f"{self.source} is empty; its first line must name the columns")
        finally:
            self._text.close()

    def _layout(self, text: bytes) -> tuple[_Layout | None, int]:
        """The columns that the first line with text names, and where the next line starts."""
        at = 0
        while at < len(text):
            end = text.find(b"\n", at)
            end = len(text) if end < 0 else end
            line = text[at:end].rstrip(b"\r")
            at = min(end + 1, len(text))
            self._now[0]["line"] += 1
            if line.strip() and not line.startswith(b"#") and not line.lower().startswith(b"sep="):
                if b"\0" in line:
                    raise Refused(
                        f"{self.source} holds zero bytes where its header should be; it is no text file"
                    )
                if line.translate(None, CONTROLS) != line:
                    raise Refused(f"{self.source} begins with control characters; it is no text file")
                self._now[0]["line"] += 1
                layout = _Layout(line.decode("utf-8", "backslashreplace"), self._options, self.source)
                if self._options.symbol:
                    self._now[0]["symbol"] = self._symbols.add(self._options.symbol.encode())
                return layout, at
        return None, at

    def _rows(self, chunk: Chunk, layout: _Layout) -> Iterator[RawTicks]:
        text = np.frombuffer(chunk.text, np.uint8)
        most = int(np.count_nonzero(text == 10)) + 2
        levels = int(np.count_nonzero(text == 58)) + 1 if layout.places[kernels.PROFILE] >= 0 else 1
        work = _Work(most, levels)
        now = self._now[0]
        now["rows"] = now["levels"] = now["faults"] = 0
        table = self._symbols
        while True:
            status = kernels.read_lines(
                text, layout.delimiter, layout.places, table.slots, table.pool, table.terms, layout.edges,
                work.cells, work.levels, work.flags, work.lines, work.faults, self._now,
            )  # fmt: skip
            if status == NEW_SYMBOL:
                table.add(chunk.text[int(now["want_start"]) : int(now["want_stop"])])
            elif status == MIXED_ZONES:
                raise Refused(self._mixed(chunk.text, now))
            else:
                break
        self._count_faults(chunk.text, work.faults[:, : int(now["faults"])])
        if status == DONE and now["rows"]:
            yield self._chunk(work, int(now["rows"]), int(now["levels"]), layout)

    def _chunk(self, work: _Work, rows: int, levels: int, layout: _Layout) -> RawTicks:
        cells, flags = work.cells, work.flags[:rows]
        times = cells[kernels.TIME, :rows]
        if not self._zone_line:
            self._zone_line = int(work.lines[0])
        if self._now[0]["zone"] == NO_ZONE:
            times, doubtful = utc_of(times, zone_of(self._options, f"{self.source} line {work.lines[0]}"))
            self._doubtful += doubtful
        columns = {name: cells[place, :rows] for name, place in OF_A_TICK.items()}
        nothing = np.zeros(rows, np.int64)
        columns = {c.name: columns.get(c.name, nothing) for c in TICKS.columns} | {"event_time_ns": times}
        for bit in self._odd:
            self._odd[bit] += int(np.count_nonzero(flags & bit))
        ticks = TICKS.block(columns, watermark_ns=BEFORE_TAPE)
        extras = _extras(work, rows, levels, layout)
        return RawTicks(self.source, ticks, self.instruments, work.lines[:rows], flags, extras)

    def _mixed(self, text: bytes, now: Any) -> str:
        found = text[int(now["want_start"]) : int(now["want_stop"])].decode("utf-8", "replace")
        mend = "give --tz any to read each row by its own offset"
        if now["zone"] in (NO_ZONE, EPOCH) or not _has_zone(found):
            mend = "split the file, so that all times are of one sort"
        where = f"{self.source} line {now['line']}"
        return f"{where}: {found} is in another time zone than the lines before it; {mend}"

    def _count_faults(self, text: bytes, faults: Array) -> None:
        for line, fault, start, stop in faults.T.tolist():
            shown = text[start : min(stop, start + 80)].decode("utf-8", "replace").strip()
            self.unreadable.add(line, self._text.misfit if fault == FIELDS else FAULTS[fault], shown)


class _Layout:
    """Where the columns stand in this file's lines."""

    def __init__(self, header: str, options: ReadOptions, source: str) -> None:
        mark = max(DELIMITERS, key=header.count)
        names = header.split(mark)
        found = mapped(names, options, source)
        self.delimiter = ord(mark)
        self.places = np.array([found.get(role, -1) for role in ROLES], np.int64)
        self.edges = np.zeros(2 * len(names), np.int64)


class _Work:
    """Room for what the kernel reads from one chunk."""

    def __init__(self, rows: int, levels: int) -> None:
        self.cells = np.zeros((len(ROLES), rows), np.int64)
        self.levels = np.zeros((3, levels), np.int64)
        self.flags = np.zeros(rows, np.int16)
        self.lines = np.zeros(rows, np.int64)
        self.faults = np.zeros((4, rows), np.int64)


def _extras(work: _Work, rows: int, levels: int, layout: _Layout) -> Mapping[str, Array]:
    found: dict[str, Array] = {}
    for name in ("delta", "session"):
        place = ROLES.index(name)
        if layout.places[place] >= 0:
            found[name] = work.cells[place, :rows]
    if layout.places[kernels.PROFILE] >= 0:
        names = ("profile_row", "profile_price", "profile_volume")
        found.update({name: work.levels[n, :levels] for n, name in enumerate(names)})
    return found


def _has_zone(text: str) -> bool:
    return text.endswith(("Z", "z")) or "+" in text or text.count("-") > 2
