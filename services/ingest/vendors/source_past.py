"""Every vendor of past bars behind one face, by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from services.ingest.feeds import source_binance, source_coinbase
from services.ingest.feeds.events import Candle
from services.ingest.feeds.plan import NO_KEYS, FeedKeys, FeedPlan
from services.ingest.feeds.rows import Received, ticks_block
from services.ingest.feeds.source_alpaca import AlpacaPast, us_equities
from services.ingest.feeds.source_polygon import PolygonPast
from services.ingest.files.steps import terms_of
from services.ingest.vendors.facade import Vendor
from services.ingest.vendors.facades import library_vendor, rest_vendor
from services.ingest.vendors.past_plan import STEPS, Span
from services.ingest.vendors.past_wire import MS, binance_candles, coinbase_candles, within
from services.ingest.vendors.source_finnhub import Finnhub
from services.ingest.vendors.source_yahoo import Yahoo, led_to
from services.ingest.vendors.us_days import at_the_close
from shared.block import Block
from shared.failures import Refused
from shared.ids import text_hash
from shared.market import Instrument, Instruments
from shared.streams import CORPORATE_ACTIONS
from shared.time import BEFORE_TAPE, DAY_NS, SECOND_NS, iso

BINANCE_ROWS: Final = 1000
COINBASE_ROWS: Final = 300
DESCRIBED_S: Final = 86_400.0
"""Terms of symbols are asked for once a day."""
SHARES: Final = "US"
NO_ACTIONS: Final = CORPORATE_ACTIONS.empty(watermark_ns=BEFORE_TAPE)


class Desk(NamedTuple):
    """What vendors are asked with: keys, whom to tell, a folder for answers, another server's address."""

    say: Callable[[str], None]
    keys: FeedKeys = NO_KEYS
    cache: Path | None = None
    url: str = ""

    def folder(self, name: str) -> Path | None:
        """Where a vendor's answers are kept."""
        return self.cache / name if self.cache else None


class Past(NamedTuple):
    """Bars of one instrument in order, what its company did meanwhile, and what to say once."""

    bars: Block
    actions: Block = NO_ACTIONS
    notes: tuple[str, ...] = ()


class PastVendor(Protocol):
    """Who can tell bars of the past."""

    vendor: Vendor

    def describe(self, symbol: str) -> Instrument:
        """The terms of a symbol; refused if there is none of that name."""
        ...

    def bars(self, instrument: Instrument, interval: str, span: Span) -> Past:
        """The bars of a stretch, as they traded."""
        ...


class _Shares:
    """Vendors of US shares, which trade in cents."""

    def __init__(self, name: str, desk: Desk) -> None:
        self.vendor = library_vendor(name, desk.say, text_hash(name))
        self._desk, self._plan = desk, FeedPlan(symbols=(), rest_url=desk.url)

    def describe(self, symbol: str) -> Instrument:
        """A share by its ticker; whether there is one, its bars will tell."""
        return next(iter(us_equities([symbol], SHARES)))


class AlpacaBars(_Shares):
    """Alpaca's raw bars."""

    def bars(self, instrument: Instrument, interval: str, span: Span) -> Past:
        """The bars of a stretch."""
        past = AlpacaPast(self._plan, self._desk.keys, Instruments([instrument]), self.vendor)
        known = past.bars(span.since_ns, span.until_ns, interval)
        return _past([each.tick for each in known if isinstance(each.tick, Candle)], interval, span)


class PolygonBars(_Shares):
    """Polygon's raw bars."""

    def bars(self, instrument: Instrument, interval: str, span: Span) -> Past:
        """The bars of a stretch."""
        past = PolygonPast(self._plan, self._desk.keys, Instruments([instrument]), self.vendor)
        return _past(past.bars(instrument.symbol, interval, *span), interval, span)


class FinnhubBars(_Shares):
    """Finnhub's bars."""

    def bars(self, instrument: Instrument, interval: str, span: Span) -> Past:
        """The bars of a stretch."""
        finnhub = Finnhub(self._desk.keys.finnhub, self.vendor, self._desk.url)
        return _past(finnhub.bars(instrument, interval, *span), interval, span)


class YahooBars(_Shares):
    """Yahoo's days, with splits and dividends."""

    def bars(self, instrument: Instrument, interval: str, span: Span) -> Past:
        """The days of a stretch."""
        if interval != "day":
            raise Refused("yahoo tells days only; --interval day, or another --source")
        yahoo = Yahoo(self.vendor, led_to(self._desk.url), self._desk.folder("yahoo"))
        told = yahoo.bars(instrument, *span)
        return Past(told.bars, told.actions, told.notes)


class BinanceBars:
    """Binance's klines."""

    def __init__(self, name: str, desk: Desk) -> None:
        url, limits = desk.url or source_binance.REST_URL, source_binance.LIMITS
        self.vendor = rest_vendor(name, url, limits, desk.say, text_hash(name), desk.cache)

    def describe(self, symbol: str) -> Instrument:
        """The venue's own tick and lot."""
        found = source_binance.instruments_of_binance(self.vendor, [symbol], DESCRIBED_S)
        return next(iter(found))

    def bars(self, instrument: Instrument, interval: str, span: Span) -> Past:
        """The bars of a stretch, a thousand at a time."""
        (terms,), step_ns = terms_of([instrument]).values(), STEPS[interval]
        read = partial(binance_candles, terms=terms, step_ns=step_ns)
        asked = {"symbol": instrument.symbol, "interval": f"1{interval[0]}", "limit": str(BINANCE_ROWS)}
        found: list[Candle] = []
        for start, stop in _pages(span, BINANCE_ROWS * step_ns):
            times = {"startTime": str(start // MS), "endTime": str(stop // MS - 1)}
            found += self.vendor.get("/api/v3/klines", {**asked, **times}, read)
        return _past(found, "", span)


class CoinbaseBars:
    """Coinbase's candles."""

    def __init__(self, name: str, desk: Desk) -> None:
        url, limits = desk.url or source_coinbase.REST_URL, source_coinbase.LIMITS
        self.vendor = rest_vendor(name, url, limits, desk.say, text_hash(name), desk.cache)

    def describe(self, symbol: str) -> Instrument:
        """The venue's own increments."""
        return next(iter(source_coinbase.instruments_of_coinbase(self.vendor, [symbol], DESCRIBED_S)))

    def bars(self, instrument: Instrument, interval: str, span: Span) -> Past:
        """The bars of a stretch, three hundred at a time."""
        (terms,), step_ns = terms_of([instrument]).values(), STEPS[interval]
        read = partial(coinbase_candles, terms=terms, step_ns=step_ns)
        asked = {"granularity": str(step_ns // SECOND_NS)}
        found: list[Candle] = []
        for start, stop in _pages(span, COINBASE_ROWS * step_ns):
            times = {"start": iso(start)[:19] + "Z", "end": iso(stop - step_ns)[:19] + "Z"}
            found += self.vendor.get(f"/products/{instrument.symbol}/candles", {**asked, **times}, read)
        return _past(found, "", span)


VENDORS: Final[Mapping[str, Callable[[str, Desk], PastVendor]]] = {
    "yahoo": YahooBars,
    "alpaca": AlpacaBars,
    "polygon": PolygonBars,
    "finnhub": FinnhubBars,
    "binance": BinanceBars,
    "coinbase": CoinbaseBars,
}


def past_vendor(name: str, desk: Desk) -> PastVendor:
    """A vendor by its name."""
    if name not in VENDORS:
        raise Refused(f"no source {name!r} of past bars; there are {', '.join(VENDORS)}")
    return VENDORS[name](name, desk)


def _pages(span: Span, length_ns: int) -> list[Span]:
    return [
        Span(at, min(at + length_ns, span.until_ns)) for at in range(span.since_ns, span.until_ns, length_ns)
    ]


def _past(candles: list[Candle], interval: str, span: Span) -> Past:
    """What vendors told, in order and each time once; a share's day ends with its session."""
    told = [at_the_close(one, DAY_NS) for one in candles] if interval == "day" else candles
    kept = sorted(within(told, *span), key=lambda one: one.time_ns)
    return Past(ticks_block([Received(one.time_ns, 0, one) for one in kept]))
