"""Polygon's (Massive's) stock messages as ticks: pure, and exact, for JSON numbers are read as decimals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from services.ingest.feeds.amounts import steps_of
from services.ingest.feeds.events import Candle, Complaint, Quote, Subscribed, Trade
from services.ingest.feeds.source_client import Known, Said
from services.ingest.files.steps import Terms
from shared.failures import BadInput

MS: Final = 1_000_000
FINE: Final = frozenset({"connected", "auth_success", "success"})
NO_PRICE: Final = 1
ODD_LOT: Final = 2
EXTENDED_HOURS: Final = 4
OTHER: Final = 8
_SETS_NO_PRICE: Final = frozenset({2, 7, 10, 12, 13, 15, 16, 17, 20, 21, 22, 29, 32, 33, 37, 52, 53})
_BITS: Final[Mapping[int, int]] = {0: 0, 37: ODD_LOT, 12: EXTENDED_HOURS, 13: EXTENDED_HOURS}


class _Head(msgspec.Struct):
    ev: str
    sym: str = ""
    status: str = ""
    message: str = ""


class _Trade(msgspec.Struct):
    p: Decimal
    s: Decimal
    t: int
    x: int = 0
    i: str = ""
    q: int = 0
    c: list[int] = []


class _Quote(msgspec.Struct):
    bp: Decimal
    ap: Decimal
    bs: Decimal
    as_: Decimal = msgspec.field(name="as")
    t: int = 0


class _Bar(msgspec.Struct):
    o: Decimal
    h: Decimal
    l: Decimal
    c: Decimal
    v: Decimal
    e: int


class PastTrade(msgspec.Struct):
    """A trade of the history endpoint."""

    price: Decimal
    size: Decimal
    sip_timestamp: int
    exchange: int = 0
    id: str = ""
    sequence_number: int = 0
    conditions: list[int] = []


class PastTrades(msgspec.Struct):
    """A page of them."""

    results: list[PastTrade] = []
    next_url: str = ""


class PolygonWire:
    """Reads what Polygon sends about these symbols."""

    def __init__(self, terms: Mapping[str, Terms]) -> None:
        self._terms = terms

    def said(self, frame: object) -> Sequence[Said]:
        """What one frame, a list of messages, says; one bad message spoils no other."""
        if not isinstance(frame, str | bytes):
            raise BadInput(f"a frame of Polygon is no text: {str(frame)[:120]}")
        try:
            messages = msgspec.json.decode(frame, type=list[msgspec.Raw])
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise BadInput(f"a frame of Polygon is no message: {error}: {frame[:120]!r}") from error
        found: list[Said] = []
        trouble: BadInput | None = None
        for message in messages:
            try:
                found += self._one(message)
            except BadInput as error:
                trouble = error
        if trouble is not None and not found:
            raise trouble
        return [*found, Complaint(str(trouble))] if trouble is not None else found

    def past(self, symbol: str, page: PastTrades) -> list[Known]:
        """A page of history."""
        terms = self._of(symbol)
        return [_past(terms, trade) for trade in page.results]

    def _one(self, message: msgspec.Raw) -> list[Said]:
        try:
            head = msgspec.json.decode(message, type=_Head)
            if head.ev == "status":
                return [_status(head)]
            if head.ev not in {"T", "Q", "AM", "A"}:
                return []
            terms = self._of(head.sym)
            if head.ev == "T":
                return [_trade(terms, msgspec.json.decode(message, type=_Trade))]
            if head.ev == "Q":
                return [_quote(terms, msgspec.json.decode(message, type=_Quote))]
            return [_bar(terms, msgspec.json.decode(message, type=_Bar))]
        except msgspec.MsgspecError as error:
            raise BadInput(
                f"a message of Polygon cannot be read: {error}: {bytes(message)[:120]!r}"
            ) from error

    def _of(self, symbol: str) -> Terms:
        terms = self._terms.get(symbol)
        if terms is None:
            raise BadInput(f"Polygon speaks of {symbol[:40]}, which nobody asked for")
        return terms


def read_page(body: bytes) -> PastTrades:
    """A page of the history endpoint."""
    try:
        return msgspec.json.decode(body, type=PastTrades)
    except msgspec.MsgspecError as error:
        raise BadInput(f"the past trades are no list of trades: {error}") from error


def conditions(codes: Sequence[int]) -> int:
    """The vendor's numbers of sale conditions as our bits."""
    bits = 0
    for code in codes:
        bits |= _BITS.get(code, OTHER) | (NO_PRICE if code in _SETS_NO_PRICE else 0)
    return bits


def _status(head: _Head) -> Said:
    if head.status in FINE:
        return Subscribed(head.message)
    return Complaint(f"Polygon: {head.status}: {head.message}")


def _trade(terms: Terms, said: _Trade) -> Known:
    price, size = steps_of(said.p, terms.price), steps_of(said.s, terms.size)
    tick = Trade(terms.instrument, said.t * MS, price, size, 0, 0, conditions(said.c))
    return Known(tick, (terms.instrument, said.x, said.i) if said.i else None)


def _past(terms: Terms, said: PastTrade) -> Known:
    price, size = steps_of(said.price, terms.price), steps_of(said.size, terms.size)
    tick = Trade(terms.instrument, said.sip_timestamp, price, size, 0, 0, conditions(said.conditions))
    return Known(tick, (terms.instrument, said.exchange, said.id) if said.id else None)


def _quote(terms: Terms, said: _Quote) -> Known:
    bid, ask = steps_of(said.bp, terms.price), steps_of(said.ap, terms.price)
    bid_size, ask_size = steps_of(said.bs, terms.size), steps_of(said.as_, terms.size)
    return Known(Quote(terms.instrument, said.t * MS, bid, ask, bid_size, ask_size, 0))


def _bar(terms: Terms, said: _Bar) -> Known:
    o, h, l, c = (steps_of(price, terms.price) for price in (said.o, said.h, said.l, said.c))
    return Known(Candle(terms.instrument, said.e * MS - 1, o, h, l, c, steps_of(said.v, terms.size)))
