"""Bars of the past in each vendor's words, as candles: pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple, TypeVar

import msgspec

from services.ingest.feeds.amounts import Amount, steps_of
from services.ingest.feeds.events import Candle
from services.ingest.files.steps import Terms
from shared.failures import BadInput
from shared.time import SECOND_NS

T = TypeVar("T")

MS: Final = 1_000_000
Kline = tuple[int, str, str, str, str, str, int, str, int, str, str, str]
"""Binance: open time, open, high, low, close, volume, and six more that are not wanted."""
CoinbaseRow = tuple[int, Decimal, Decimal, Decimal, Decimal, Decimal]
"""Coinbase: open time in seconds, low, high, open, close, volume."""


class Aggregate(msgspec.Struct):
    """One bar of Polygon, told by its start in milliseconds."""

    o: Decimal
    h: Decimal
    l: Decimal
    c: Decimal
    v: Decimal
    t: int


class Aggregates(msgspec.Struct):
    """One page of Polygon's bars."""

    results: list[Aggregate] = []
    next_url: str = ""


class _FinnhubCandles(msgspec.Struct):
    s: str
    o: list[float] = []
    h: list[float] = []
    l: list[float] = []
    c: list[float] = []
    v: list[float] = []
    t: list[int] = []


class Prices(NamedTuple):
    """Open, high, low, close and volume as a vendor wrote them."""

    open: Amount
    high: Amount
    low: Amount
    close: Amount
    volume: Amount


def binance_candles(body: bytes, terms: Terms, step_ns: int) -> list[Candle]:
    """Binance's klines, the oldest first."""
    rows = _decoded(body, list[Kline], "Binance's klines")
    return [candle(terms, row[0] * _fine(row[0]) + step_ns, Prices(*row[1:6])) for row in rows]


def coinbase_candles(body: bytes, terms: Terms, step_ns: int) -> list[Candle]:
    """Coinbase's candles, newest first there, oldest first here."""
    rows = _decoded(body, list[CoinbaseRow], "Coinbase's candles")
    return [
        candle(terms, t * SECOND_NS + step_ns, Prices(open_, high, low, close, volume))
        for t, low, high, open_, close, volume in sorted(rows)
    ]


def polygon_page(body: bytes) -> Aggregates:
    """A page of Polygon's bars."""
    return _decoded(body, Aggregates, "Polygon's bars")


def polygon_candles(page: Aggregates, terms: Terms, step_ns: int) -> list[Candle]:
    """The bars of a page of Polygon's, the oldest first."""
    return [
        candle(terms, row.t * MS + step_ns, Prices(row.o, row.h, row.l, row.c, row.v)) for row in page.results
    ]


def finnhub_candles(answer: object, terms: Terms, step_ns: int) -> list[Candle]:
    """Finnhub's candles: a list a column."""
    told = _converted(answer, _FinnhubCandles, "Finnhub's candles")
    if (
        told.s not in {"ok", "no_data"}
        or len({len(c) for c in (told.o, told.h, told.l, told.c, told.v, told.t)}) > 1
    ):
        raise BadInput(f"Finnhub's candles are no table: {str(answer)[:120]}")
    rows = zip(told.t, told.o, told.h, told.l, told.c, told.v, strict=True)
    return [candle(terms, t * SECOND_NS + step_ns, Prices(*prices)) for t, *prices in rows]


def candle(terms: Terms, end_ns: int, told: Prices) -> Candle:
    """A bar kept at the last nanosecond that belongs to it."""
    o, h, l, c = (steps_of(price, terms.price) for price in told[:4])
    return Candle(terms.instrument, end_ns - 1, o, h, l, c, steps_of(told.volume, terms.size))


def _fine(time: int) -> int:
    """Binance may say milliseconds or microseconds."""
    return MS if time < 10**14 else 1_000


def _decoded(body: bytes, kind: type[T], what: str) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise BadInput(f"{what} cannot be read: {error}: {body[:120]!r}") from error


def _converted(answer: object, kind: type[T], what: str) -> T:
    try:
        return msgspec.convert(answer, kind)
    except msgspec.ValidationError as error:
        raise BadInput(f"{what} cannot be read: {error}: {str(answer)[:120]}") from error


def within(candles: Sequence[Candle], since_ns: int, until_ns: int) -> list[Candle]:
    """Those of a stretch, each time once."""
    return list({one.time_ns: one for one in candles if since_ns <= one.time_ns < until_ns}.values())
