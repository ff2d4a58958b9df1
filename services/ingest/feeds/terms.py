"""What a captured feed's symbols are counted in: as the lake knows, somebody says, or the venue does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

import msgspec

from services.ingest.feeds.binance_wire import binance_instruments
from services.ingest.vendors.enrolling import enrolled
from shared.failures import BadInput, Refused
from shared.market import CURRENCIES, Instrument, Instruments

Told = Callable[[Sequence[str]], Instruments]
"""Tells the terms of symbols; refused where one is unknown to it."""


class Given(NamedTuple):
    """Who tells terms, the first that knows a symbol: words of the user, then a file or the venue."""

    said: Mapping[str, Instrument] = {}
    asked: Told | None = None


def describe(known: Instruments, symbols: Sequence[str], given: Given) -> None:
    """Takes symbols in that a lake does not know yet; refused where nobody tells their terms."""
    for row in given.said.values():
        enrolled(known, row, "--terms")
    unknown = [symbol for symbol in symbols if known.symbol(symbol) is None]
    if unknown and given.asked is not None:
        for row in given.asked(unknown):
            enrolled(known, row, "the venue")
        return
    if unknown:
        first = unknown[0]
        raise Refused(
            f"nobody has described {', '.join(unknown)}: what is a price tick, what a lot? "
            f"Say --terms {first}=0.01,0.00001 (tick, lot), or --instruments FILE (an exchangeInfo of "
            "Binance), or --ask for Binance to be asked"
        )


def said(words: Sequence[str]) -> dict[str, Instrument]:
    """`SYMBOL=TICK,LOT` words as instruments of Binance."""
    found = {}
    for word in words:
        symbol, _, steps = word.partition("=")
        tick, _, lot = steps.partition(",")
        try:
            found[symbol] = spot(symbol, Decimal(tick), Decimal(lot))
        except (InvalidOperation, ValueError) as error:
            wanted = "wanted SYMBOL=TICK,LOT such as BTCUSDT=0.01,0.00001"
            raise Refused(f"--terms {word}: {wanted}") from error
    return found


def spot(symbol: str, tick: Decimal, lot: Decimal) -> Instrument:
    """A pair of Binance, priced in the currency that its name ends with."""
    ends = [name for name in CURRENCIES if symbol.endswith(name) and symbol != name]
    if not ends:
        raise Refused(f"{symbol} does not end with a currency that we know: {', '.join(CURRENCIES)}")
    return Instrument(
        instrument=1, symbol=symbol, venue="BINANCE", asset_class="crypto",
        currency=max(ends, key=len), tick=tick, lot=lot,
    )  # fmt: skip


def told_by_file(path: Path) -> Told:
    """The terms in a file: an answer of `/api/v3/exchangeInfo`, or the `instruments.json` of a lake."""
    if not path.is_file():
        raise Refused(f"there is no {path}")
    text = path.read_bytes()

    def told(symbols: Sequence[str]) -> Instruments:
        if not text.lstrip().startswith(b"["):
            try:
                return binance_instruments(text, symbols)
            except BadInput as error:
                raise Refused(f"{path}: {error}") from error
        try:
            rows = {row.symbol: row for row in msgspec.json.decode(text, type=list[Instrument])}
        except (msgspec.MsgspecError, ValueError) as error:
            raise Refused(f"{path} is no list of instruments: {error}") from error
        if missing := [symbol for symbol in symbols if symbol not in rows]:
            raise Refused(f"{path} does not describe {', '.join(missing)}")
        return Instruments(rows[symbol] for symbol in symbols)

    return told
