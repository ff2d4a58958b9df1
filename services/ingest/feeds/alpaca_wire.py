"""Alpaca's stock messages as ticks: pure, whether they came over its stream or its requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, TypeVar

import msgspec

from services.ingest.feeds.amounts import steps_of
from services.ingest.feeds.events import Candle, Complaint, Quote, Subscribed, Trade
from services.ingest.feeds.source_client import Known, Said
from services.ingest.files.stamp_text import rfc3339_ns
from services.ingest.files.steps import Terms
from shared.failures import BadInput
from shared.time import MINUTE_NS

T = TypeVar("T")

ROUND_LOT: Final = 100
"""Shares in one lot of a quote's sizes."""
NO_PRICE: Final = 1
ODD_LOT: Final = 2
EXTENDED_HOURS: Final = 4
OTHER: Final = 8
"""Bits of `conditions`: 1 sets no price, 2 an odd lot, 4 outside regular hours, 8 anything else unusual."""
_SETS_NO_PRICE: Final = frozenset("BCHIMNPQRTUVWZ479")
_BITS: Final[Mapping[str, int]] = {
    "I": ODD_LOT,
    "T": EXTENDED_HOURS,
    "U": EXTENDED_HOURS,
    "@": 0,
    " ": 0,
    "": 0,
}


class _Trade(msgspec.Struct):
    p: float | Decimal
    s: float | Decimal
    t: object
    i: int = 0
    x: str = ""
    c: list[str] = []


class _Quote(msgspec.Struct):
    bp: float | Decimal
    ap: float | Decimal
    bs: float | Decimal
    as_: float | Decimal = msgspec.field(name="as")
    t: object = None


class _Bar(msgspec.Struct):
    o: float | Decimal
    h: float | Decimal
    l: float | Decimal
    c: float | Decimal
    v: float | Decimal
    t: object


class AlpacaWire:
    """Reads what Alpaca sends about these symbols."""

    def __init__(self, terms: Mapping[str, Terms]) -> None:
        self._terms = terms

    def said(self, message: object) -> Sequence[Said]:
        """What one message of the stream says."""
        if not isinstance(message, Mapping):
            raise BadInput(f"a message of Alpaca is no object: {str(message)[:120]}")
        kind = message.get("T")
        if kind == "subscription":
            return [Subscribed("subscribe")]
        if kind == "error":
            return [Complaint(f"Alpaca turned a request down: {message.get('code')} {message.get('msg')}")]
        symbol = str(message.get("S"))
        if kind == "t":
            return [self.trade(symbol, message)]
        if kind == "q":
            return [self.quote(symbol, message)]
        if kind == "b":
            return [self.bar(symbol, message, MINUTE_NS)]
        return []

    def trade(self, symbol: str, message: object) -> Known:
        """A trade, known by its exchange and id."""
        terms, said = self._of(symbol), _read(message, _Trade)
        price, size = steps_of(said.p, terms.price), steps_of(said.s, terms.size)
        tick = Trade(terms.instrument, _ns(said.t), price, size, 0, 0, conditions(said.c))
        return Known(tick, (terms.instrument, said.x, said.i, tick.time_ns) if said.i else None)

    def quote(self, symbol: str, message: object) -> Known:
        """A quote, whose sizes are round lots."""
        terms, said = self._of(symbol), _read(message, _Quote)
        bid, ask = steps_of(said.bp, terms.price), steps_of(said.ap, terms.price)
        bid_size, ask_size = (ROUND_LOT * steps_of(size, terms.size) for size in (said.bs, said.as_))
        return Known(Quote(terms.instrument, _ns(said.t), bid, ask, bid_size, ask_size, 0))

    def bar(self, symbol: str, message: object, interval_ns: int) -> Known:
        """A bar, told by its start, kept at the last nanosecond that belongs to it."""
        terms, said = self._of(symbol), _read(message, _Bar)
        o, h, l, c = (steps_of(price, terms.price) for price in (said.o, said.h, said.l, said.c))
        end = _ns(said.t) + interval_ns - 1
        return Known(Candle(terms.instrument, end, o, h, l, c, steps_of(said.v, terms.size)))

    def _of(self, symbol: str) -> Terms:
        terms = self._terms.get(symbol)
        if terms is None:
            raise BadInput(f"Alpaca speaks of {symbol[:40]}, which nobody asked for")
        return terms


def conditions(codes: Sequence[str]) -> int:
    """The consolidated tapes' sale conditions as our bits."""
    bits = 0
    for code in codes:
        bits |= _BITS.get(code, OTHER) | (NO_PRICE if code in _SETS_NO_PRICE else 0)
    return bits


def _read(message: object, kind: type[T]) -> T:
    try:
        return msgspec.convert(message, kind)
    except msgspec.ValidationError as error:
        raise BadInput(f"a message of Alpaca cannot be read: {error}: {str(message)[:120]}") from error


def _ns(stamp: object) -> int:
    """A time as text, or as the nanoseconds of the stream's packed stamps."""
    if isinstance(stamp, str):
        return rfc3339_ns(stamp)
    to_nanoseconds = getattr(stamp, "to_unix_nano", None)
    if to_nanoseconds is None:
        raise BadInput(f"found the time {str(stamp)[:40]!r}, wanted a text or a packed stamp")
    return int(to_nanoseconds())
