"""LEAN data folders as a source: which zip files a request means, and their rows in time order."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from services.ingest.lean.actions import (
    Name,
    actions_block,
    parse_factors,
    parse_names,
    renames,
    splits_and_dividends,
    ticker_on,
)
from services.ingest.lean.rows import (
    TERMS,
    instrument,
    parse_bars,
    parse_daily,
    parse_quote_bars,
    parse_quote_ticks,
    parse_trade_ticks,
)
from services.ingest.tape import Tape
from shared.block import Block, join
from shared.failures import BadInput, Refused
from shared.market import Instrument, Instruments
from shared.streams import CORPORATE_ACTIONS, TICKS
from shared.time import BEFORE_TAPE

RESOLUTIONS: Final = ("tick", "second", "minute", "hour", "daily")
FILE: Final = re.compile(r"^(?P<day>\d{8})_(?P<kind>trade|quote)\.zip$")
KINDS: Final = ("quote", "trade")
"""Rows of quotes come before trades of the same time: a trade happens on the quote before it."""


class LeanRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to read: an asset class, its market, a resolution, symbols as they were called, and days."""

    symbols: tuple[str, ...]
    asset: str = "equity"
    market: str = "usa"
    resolution: str = "minute"
    start: dt.date = dt.date.min
    end: dt.date = dt.date.max
    kinds: tuple[str, ...] = KINDS

    def __post_init__(self) -> None:
        if self.asset not in TERMS:
            raise Refused(f"asset {self.asset} is not one of {', '.join(TERMS)}")
        if self.resolution not in RESOLUTIONS:
            raise Refused(f"resolution {self.resolution} is not one of {', '.join(RESOLUTIONS)}")
        if not self.symbols:
            raise Refused("a LEAN request wants at least one symbol")


class LeanFolder:
    """One LEAN data folder."""

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise Refused(f"there is no LEAN folder at {root}")
        self.root = root

    def tape(self, request: LeanRequest) -> Tape:
        """All ticks of a request, sorted by time and instrument."""
        instruments = self.instruments(request)
        blocks = [block for _, block in self.days(request)]
        if not blocks:
            raise Refused(f"{self.root} holds no {request.resolution} rows of {', '.join(request.symbols)}")
        ticks = join(blocks)
        if request.resolution in {"hour", "daily"}:
            ticks = ticks.sorted()
        return Tape(instruments, ticks.until(int(ticks["event_time_ns"][-1])), ())

    def instruments(self, request: LeanRequest) -> Instruments:
        """The symbols of a request, numbered from 1 in its order."""
        return Instruments(self._rows(request))

    def days(self, request: LeanRequest) -> Iterator[tuple[dt.date, Block]]:
        """The ticks of each day in order; hours and days come as one block, from one file a symbol."""
        rows = self._rows(request)
        if request.resolution in {"hour", "daily"}:
            blocks = [block for row in rows for block in self._whole(request, row)]
            if blocks:
                yield request.start, join(blocks).sorted()
            return
        for day in self._dates(request):
            blocks = [block for row in rows for block in self._day(request, row, day) if len(block)]
            if blocks:
                ticks = join(blocks).sorted()
                yield day, ticks.until(int(ticks["event_time_ns"][-1]))

    def actions(self, request: LeanRequest) -> Block:
        """Splits, dividends, renames and delistings of a request's symbols, in time order."""
        found = []
        for row in self._rows(request):
            symbol = row.symbol.lower()
            factors = self._text("factor_files", symbol, request) if request.asset == "equity" else ""
            found += [(row.instrument, event) for event in splits_and_dividends(parse_factors(factors))]
            found += [(row.instrument, event) for event in renames(self.names(request, symbol))]
        return actions_block(found) if found else CORPORATE_ACTIONS.empty(watermark_ns=BEFORE_TAPE)

    def names(self, request: LeanRequest, symbol: str) -> list[Name]:
        """What a symbol was called over time: its own map file's answer, or none where there is no file."""
        text = self._text("map_files", symbol, request) if request.asset == "equity" else ""
        return parse_names(text)

    def ticker(self, request: LeanRequest, symbol: str, day: dt.date) -> str:
        """Under which ticker a symbol's files of a day lie."""
        return ticker_on(self.names(request, symbol), day) or symbol

    def _rows(self, request: LeanRequest) -> list[Instrument]:
        return [
            instrument(number, symbol, request.asset)
            for number, symbol in enumerate(dict.fromkeys(map(str.lower, request.symbols)), 1)
        ]

    def _place(self, request: LeanRequest) -> Path:
        return self.root / request.asset / request.market

    def _text(self, folder: str, symbol: str, request: LeanRequest) -> str:
        path = self._place(request) / folder / f"{symbol}.csv"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def _dates(self, request: LeanRequest) -> list[dt.date]:
        """Every day of the request on which any symbol has a file, under any ticker it ever had."""
        found = set()
        for symbol in map(str.lower, request.symbols):
            tickers = {symbol, *(name.ticker for name in self.names(request, symbol))}
            for ticker in tickers:
                folder = self._place(request) / request.resolution / ticker
                for file in folder.iterdir() if folder.is_dir() else ():
                    match = FILE.match(file.name)
                    if match:
                        found.add(dt.datetime.strptime(match["day"] + "+0000", "%Y%m%d%z").date())
        return sorted(day for day in found if request.start <= day <= request.end)

    def _day(self, request: LeanRequest, row: Instrument, day: dt.date) -> Iterator[Block]:
        ticker = self.ticker(request, row.symbol.lower(), day)
        folder = self._place(request) / request.resolution / ticker
        for kind in (kind for kind in KINDS if kind in request.kinds):
            path = folder / f"{day:%Y%m%d}_{kind}.zip"
            if path.exists():
                text = _member(path)
                try:
                    yield _parsed(text, day, kind, request, row)
                except (BadInput, Refused) as error:
                    raise BadInput(f"{path}: {error}") from error

    def _whole(self, request: LeanRequest, row: Instrument) -> Iterator[Block]:
        folder = self._place(request) / request.resolution
        symbol = row.symbol.lower()
        for name in (symbol, *(f"{symbol}_{kind}" for kind in KINDS if kind in request.kinds)):
            path = folder / f"{name}.zip"
            if path.exists():
                try:
                    yield _between(parse_daily(_member(path), request.asset, row), request)
                except (BadInput, Refused) as error:
                    raise BadInput(f"{path}: {error}") from error


def _parsed(text: bytes, day: dt.date, kind: str, request: LeanRequest, row: Instrument) -> Block:
    if not text:
        return TICKS.empty(watermark_ns=BEFORE_TAPE)
    if request.resolution == "tick":
        parse = parse_trade_ticks if kind == "trade" else parse_quote_ticks
        return parse(text, day, request.asset, row)
    bars = parse_bars if kind == "trade" else parse_quote_bars
    return bars(text, day, request.asset, request.resolution, row)


def _between(ticks: Block, request: LeanRequest) -> Block:
    """The rows of the request's days."""
    import numpy as np

    days = ticks["event_time_ns"].astype("datetime64[ns]").astype("datetime64[D]")
    first, last = np.datetime64(max(request.start, dt.date(1900, 1, 1))), np.datetime64(request.end)
    return ticks.take(np.flatnonzero((days >= first) & (days <= last)))


def _member(path: Path) -> bytes:
    """The text of a zip file's first member; a future's front month comes first in its file."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = sorted(archive.namelist())
            return archive.read(names[0]) if names else b""
    except (OSError, zipfile.BadZipFile) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error
