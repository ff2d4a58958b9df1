"""Binance's frames and answers as events: pure, and exact to the last digit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from services.ingest.feeds.events import (
    Complaint,
    DepthChange,
    DepthPicture,
    Event,
    Level,
    Quote,
    Subscribed,
    Trade,
)
from services.ingest.files.steps import Terms
from shared.failures import BadInput, Refused
from shared.market import CURRENCIES, Instrument, Instruments

MS: Final = 1_000_000
US: Final = 1_000
_MICROSECONDS_FROM: Final = 10**14
"""Times from here on are microseconds: in milliseconds they would lie beyond the year 5000."""

Levels = list[tuple[str, str]]
Pictured = Callable[[int], str]
"""The symbol of a picture, which names none, told by its number."""


class _Frame(msgspec.Struct):
    stream: str = ""
    data: msgspec.Raw = msgspec.Raw()
    id: int | str | None = None
    error: msgspec.Raw = msgspec.Raw()
    code: int = 0
    msg: str = ""
    last_update: int = msgspec.field(name="lastUpdateId", default=0)
    bids: Levels = []
    asks: Levels = []


class _Trade(msgspec.Struct):
    s: str
    t: int
    p: str
    q: str
    T: int
    m: bool


class _AggregateTrade(msgspec.Struct):
    s: str
    f: int
    l: int
    p: str
    q: str
    T: int
    m: bool


class _BookTicker(msgspec.Struct):
    s: str
    u: int
    b: str
    B: str
    a: str
    A: str
    T: int = 0


class _Depth(msgspec.Struct):
    s: str
    E: int
    U: int
    u: int
    b: Levels
    a: Levels
    T: int = 0
    pu: int = 0


class _First(msgspec.Struct):
    f: int


class _PastTrade(msgspec.Struct, rename="camel"):
    id: int
    price: str
    qty: str
    time: int
    is_buyer_maker: bool


class _Terms(msgspec.Struct, rename="camel"):
    symbol: str
    quote_asset: str
    filters: list[dict[str, Any]]
    status: str = "TRADING"


class _ExchangeInfo(msgspec.Struct):
    symbols: list[_Terms]


Message = _Trade | _AggregateTrade | _BookTicker | _Depth

_FRAME: Final = msgspec.json.Decoder(_Frame)
_DATA: Final[Mapping[str, msgspec.json.Decoder[Message]]] = {
    "trade": msgspec.json.Decoder(_Trade),
    "aggTrade": msgspec.json.Decoder(_AggregateTrade),
    "bookTicker": msgspec.json.Decoder(_BookTicker),
    "depth": msgspec.json.Decoder(_Depth),
}
_AGGREGATES: Final = msgspec.json.Decoder(list[_First])
_PAST: Final = msgspec.json.Decoder(list[_PastTrade])
_INFO: Final = msgspec.json.Decoder(_ExchangeInfo)


class Stranger(BadInput):
    """A frame about a symbol that nobody described."""


def nobody(last: int) -> str:
    """A picture that nobody asked for is of no symbol."""
    return ""


class BinanceWire:
    """Reads what Binance sends about these symbols."""

    def __init__(self, terms: Mapping[str, Terms]) -> None:
        self._terms = terms

    def events(self, frame: bytes | str, pictured: Pictured = nobody) -> list[Event]:
        """The events of one frame; a picture names no symbol, so its asker does."""
        try:
            read = _FRAME.decode(frame)
            if read.last_update:
                return [self._picture(read, pictured(read.last_update))]
            if not read.stream:
                return [_answer(read, frame)]
            kind = read.stream.partition("@")[2].partition("@")[0]
            decoder = _DATA.get(kind)
            return [] if decoder is None else [self._event(decoder.decode(read.data))]
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise BadInput(f"a frame of Binance is no message: {error}: {_head(frame)}") from error

    def past_trades(self, answer: bytes, symbol: str) -> list[Trade]:
        """Trades as the history endpoint tells them."""
        terms = self._of(symbol)
        try:
            past = _PAST.decode(answer)
        except msgspec.MsgspecError as error:
            raise BadInput(f"Binance's past trades of {symbol} are no list of trades: {error}") from error
        return [
            _trade(terms, _Trade(symbol, each.id, each.price, each.qty, each.time, each.is_buyer_maker))
            for each in past
        ]

    def first_number(self, answer: bytes) -> int:
        """The number of the first trade in a list of aggregates; 0 if it is empty."""
        try:
            aggregates = _AGGREGATES.decode(answer)
        except msgspec.MsgspecError as error:
            raise BadInput(f"Binance's aggregates are no list of trades: {error}") from error
        return aggregates[0].f if aggregates else 0

    def picture(self, answer: bytes, symbol: str) -> DepthPicture:
        """A whole book as the depth endpoint tells it."""
        for event in self.events(answer, lambda _: symbol):
            if isinstance(event, DepthPicture):
                return event
        raise BadInput(f"Binance's book of {symbol} is no book: {_head(answer)}")

    def _event(self, said: Message) -> Event:
        terms = self._of(said.s)
        if isinstance(said, _Trade):
            return _trade(terms, said)
        if isinstance(said, _AggregateTrade):
            size, side = terms.size.resting(said.q), -1 if said.m else 1
            return Trade(terms.instrument, _ns(said.T), terms.price.whole(said.p), size, side, 0)
        if isinstance(said, _BookTicker):
            bid, ask = terms.price.whole(said.b), terms.price.whole(said.a)
            sizes = terms.size.resting(said.B), terms.size.resting(said.A)
            return Quote(terms.instrument, _ns(said.T), bid, ask, *sizes, said.u)
        bids, asks = _levels(terms, said.b), _levels(terms, said.a)
        return DepthChange(terms.instrument, _ns(said.E), said.U, said.u, said.pu, bids, asks)

    def _picture(self, read: _Frame, symbol: str) -> DepthPicture:
        terms = self._of(symbol)
        bids, asks = _levels(terms, read.bids), _levels(terms, read.asks)
        return DepthPicture(terms.instrument, 0, read.last_update, bids, asks)

    def _of(self, symbol: str) -> Terms:
        terms = self._terms.get(symbol)
        if terms is None:
            raise Stranger(f"Binance speaks of {symbol or 'no symbol'}, which nobody asked for")
        return terms


def binance_instruments(answer: bytes, symbols: Sequence[str]) -> Instruments:
    """The venue's own terms of these symbols, numbered from 1 in this order."""
    try:
        known = {row.symbol: row for row in _INFO.decode(answer).symbols}
    except msgspec.MsgspecError as error:
        raise BadInput(f"Binance's exchange information cannot be read: {error}") from error
    return Instruments(_instrument(known, symbol, place) for place, symbol in enumerate(symbols, 1))


def _instrument(known: Mapping[str, _Terms], symbol: str, number: int) -> Instrument:
    row = known.get(symbol)
    if row is None:
        raise Refused(f"Binance has no symbol {symbol}; it calls them by names such as BTCUSDT")
    if row.quote_asset not in CURRENCIES:
        raise Refused(f"{symbol} is priced in {row.quote_asset}, which is not one of {', '.join(CURRENCIES)}")
    return Instrument(
        instrument=number,
        symbol=symbol,
        venue="BINANCE",
        asset_class="crypto",
        currency=row.quote_asset,
        tick=_filter(row, "PRICE_FILTER", "tickSize"),
        lot=_filter(row, "LOT_SIZE", "stepSize"),
    )


def _filter(row: _Terms, kind: str, name: str) -> Decimal:
    for each in row.filters:
        if each.get("filterType") == kind:
            try:
                return Decimal(str(each.get(name))).normalize()
            except InvalidOperation:
                break
    raise BadInput(f"Binance does not say the {name} of {row.symbol}")


def _trade(terms: Terms, said: _Trade) -> Trade:
    price, size = terms.price.whole(said.p), terms.size.resting(said.q)
    return Trade(terms.instrument, _ns(said.T), price, size, -1 if said.m else 1, said.t)


def _levels(terms: Terms, levels: Levels) -> tuple[Level, ...]:
    price, size = terms.price.whole, terms.size.resting
    return tuple((price(p), size(q)) for p, q in levels)


def _answer(read: _Frame, frame: bytes | str) -> Event:
    if bytes(read.error) not in {b"", b"null"} or read.code:
        return Complaint(f"Binance turned a request down: {_head(frame)}")
    if read.id is None:
        raise BadInput(f"a frame of Binance says nothing known: {_head(frame)}")
    return Subscribed(str(read.id))


def _ns(time: int) -> int:
    return time * (US if time >= _MICROSECONDS_FROM else MS)


def _head(frame: bytes | str) -> str:
    return repr(frame[:120])


def symbol_of(frame: bytes) -> str:
    """The symbol that a frame of a combined stream speaks of; empty if it names none."""
    try:
        return _FRAME.decode(frame).stream.partition("@")[0].upper()
    except msgspec.MsgspecError:
        return ""
