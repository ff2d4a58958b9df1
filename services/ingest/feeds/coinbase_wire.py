"""Coinbase Exchange's frames and answers as events: pure, and exact to the last digit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from services.ingest.feeds.events import (
    Complaint,
    DepthChange,
    DepthPicture,
    Event,
    Pulse,
    Quote,
    Subscribed,
    Trade,
)
from services.ingest.files.stamp_text import rfc3339_ns
from services.ingest.files.steps import Terms
from shared.failures import BadInput, Refused
from shared.market import CURRENCIES, Instrument, Instruments

MAKER_SOLD: Final = "sell"


class _Match(msgspec.Struct):
    product_id: str
    trade_id: int
    side: str
    size: str
    price: str
    time: str


class _Ticker(msgspec.Struct):
    product_id: str
    sequence: int
    time: str
    best_bid: str
    best_bid_size: str
    best_ask: str
    best_ask_size: str


class _Snapshot(msgspec.Struct):
    product_id: str
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]


class _Update(msgspec.Struct):
    product_id: str
    changes: list[tuple[str, str, str]]
    time: str


class _Heartbeat(msgspec.Struct):
    product_id: str
    last_trade_id: int
    time: str


class _Error(msgspec.Struct):
    message: str = ""
    reason: str = ""


class _Kind(msgspec.Struct):
    type: str


class _PastTrade(msgspec.Struct):
    trade_id: int
    side: str
    size: str
    price: str
    time: str


class _Product(msgspec.Struct):
    id: str
    quote_currency: str
    base_increment: str
    quote_increment: str


Message = _Match | _Ticker | _Snapshot | _Update | _Heartbeat | _Error

_KIND: Final = msgspec.json.Decoder(_Kind)
_DATA: Final[Mapping[str, msgspec.json.Decoder[Message]]] = {
    "match": msgspec.json.Decoder(_Match),
    "last_match": msgspec.json.Decoder(_Match),
    "ticker": msgspec.json.Decoder(_Ticker),
    "snapshot": msgspec.json.Decoder(_Snapshot),
    "l2update": msgspec.json.Decoder(_Update),
    "heartbeat": msgspec.json.Decoder(_Heartbeat),
    "error": msgspec.json.Decoder(_Error),
}
_PAST: Final = msgspec.json.Decoder(list[_PastTrade])
_PRODUCTS: Final = msgspec.json.Decoder(list[_Product])


class CoinbaseWire:
    """Reads what Coinbase sends about these products."""

    def __init__(self, terms: Mapping[str, Terms]) -> None:
        self._terms = terms

    def events(self, frame: bytes | str) -> list[Event]:
        """The events of one frame."""
        try:
            kind = _KIND.decode(frame).type
            if kind == "subscriptions":
                return [Subscribed("subscribe")]
            decoder = _DATA.get(kind)
            if decoder is None:
                return []
            return [self._event(decoder.decode(frame), kind)]
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise BadInput(f"a frame of Coinbase is no message: {error}: {frame[:120]!r}") from error

    def past_trades(self, answer: bytes, product: str) -> list[Trade]:
        """Trades as the history endpoint tells them, newest first there, oldest first here."""
        terms = self._of(product)
        try:
            past = _PAST.decode(answer)
        except msgspec.MsgspecError as error:
            raise BadInput(f"Coinbase's past trades of {product} are no list of trades: {error}") from error
        trades = [
            _trade(terms, _Match(product, each.trade_id, each.side, each.size, each.price, each.time))
            for each in past
        ]
        return sorted(trades, key=lambda trade: trade.number)

    def _event(self, said: Message, kind: str) -> Event:
        if isinstance(said, _Error):
            return Complaint(f"Coinbase turned a request down: {said.message} {said.reason}".rstrip())
        terms = self._of(said.product_id)
        if isinstance(said, _Match):
            return _trade(terms, said)
        if isinstance(said, _Ticker):
            return _quote(terms, said)
        if isinstance(said, _Heartbeat):
            return Pulse(terms.instrument, rfc3339_ns(said.time), said.last_trade_id)
        price, size = terms.price.whole, terms.size.resting
        if isinstance(said, _Snapshot):
            bids = tuple((price(p), size(q)) for p, q in said.bids)
            asks = tuple((price(p), size(q)) for p, q in said.asks)
            return DepthPicture(terms.instrument, 0, 0, bids, asks)
        strangers = {side for side, _, _ in said.changes} - {"buy", "sell"}
        if strangers:
            raise BadInput(f"Coinbase speaks of a side {strangers.pop()!r}, wanted buy or sell")
        bids = tuple((price(p), size(q)) for side, p, q in said.changes if side == "buy")
        asks = tuple((price(p), size(q)) for side, p, q in said.changes if side == "sell")
        return DepthChange(terms.instrument, rfc3339_ns(said.time), 0, 0, 0, bids, asks)

    def _of(self, product: str) -> Terms:
        terms = self._terms.get(product)
        if terms is None:
            raise BadInput(f"Coinbase speaks of {product or 'no product'}, which nobody asked for")
        return terms


def coinbase_instruments(answer: bytes, products: Sequence[str]) -> Instruments:
    """The venue's own terms of these products, numbered from 1 in this order."""
    try:
        known = {row.id: row for row in _PRODUCTS.decode(answer)}
    except msgspec.MsgspecError as error:
        raise BadInput(f"Coinbase's products cannot be read: {error}") from error
    return Instruments(_instrument(known, product, place) for place, product in enumerate(products, 1))


def _instrument(known: Mapping[str, _Product], product: str, number: int) -> Instrument:
    row = known.get(product)
    if row is None:
        raise Refused(f"Coinbase has no product {product}; it calls them by names such as BTC-USD")
    currency = "USD" if row.quote_currency == "USDC" else row.quote_currency
    if currency not in CURRENCIES:
        raise Refused(f"{product} is priced in {currency}, which is not one of {', '.join(CURRENCIES)}")
    try:
        tick, lot = Decimal(row.quote_increment).normalize(), Decimal(row.base_increment).normalize()
    except InvalidOperation as error:
        raise BadInput(f"Coinbase does not say the increments of {product}") from error
    return Instrument(
        instrument=number,
        symbol=product,
        venue="COINBASE",
        asset_class="crypto",
        currency=currency,
        tick=tick,
        lot=lot,
    )


def _trade(terms: Terms, said: _Match) -> Trade:
    """The side is the resting order's: who took it did the opposite."""
    price, size = terms.price.whole(said.price), terms.size.resting(said.size)
    side = 1 if said.side == MAKER_SOLD else -1
    return Trade(terms.instrument, rfc3339_ns(said.time), price, size, side, said.trade_id)


def _quote(terms: Terms, said: _Ticker) -> Quote:
    bid, ask = terms.price.whole(said.best_bid), terms.price.whole(said.best_ask)
    sizes = terms.size.resting(said.best_bid_size), terms.size.resting(said.best_ask_size)
    return Quote(terms.instrument, rfc3339_ns(said.time), bid, ask, *sizes, said.sequence)
