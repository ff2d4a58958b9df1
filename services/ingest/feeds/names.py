"""Every live feed by its name: the instruments that its vendor describes, and the source itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from services.ingest.feeds import source_alpaca, source_binance, source_coinbase, source_polygon
from services.ingest.feeds.backoff import Backoff
from services.ingest.feeds.meter import FeedMeter
from services.ingest.feeds.plan import FeedKeys, FeedPlan
from services.ingest.feeds.queue import FeedQueue
from services.ingest.feeds.sink_books import BookRecorder
from services.ingest.feeds.source_client import ClientConnection
from services.ingest.feeds.source_feed import Connection, FeedSource, Line, NoBooks, Unwatched
from services.ingest.feeds.source_websocket import SocketConnection
from services.ingest.feeds.tracker import FeedTracker
from services.ingest.vendors.facade import Limits, Vendor
from services.ingest.vendors.facades import library_vendor, rest_vendor
from shared.ids import text_hash
from shared.market import Instruments
from shared.metrics import Metrics


class Wiring(NamedTuple):
    """What a feed is made from."""

    plan: FeedPlan
    keys: FeedKeys
    say: Callable[[str], None]
    books: Path | None = None
    metrics: Metrics | None = None


class Feed(NamedTuple):
    """Who describes a vendor's symbols, and who talks to it."""

    described: Callable[[Wiring], Instruments]
    connected: Callable[[Wiring, Instruments, FeedTracker, Line], Connection]


def feed_instruments(name: str, wiring: Wiring) -> Instruments:
    """What the vendor says about the plan's symbols."""
    return FEEDS[name].described(wiring)


def feed_source(name: str, wiring: Wiring, instruments: Instruments, partitions: int) -> FeedSource:
    """The feed as a source; it connects when it is told where to go on."""
    tracker = FeedTracker()
    books = NoBooks() if wiring.books is None else BookRecorder(wiring.books, instruments, wiring.say)
    watch = Unwatched() if wiring.metrics is None else FeedMeter(wiring.metrics, name)
    line = Line(FeedQueue(), tracker.clock, tracker.counts, wiring.say, books, watch)
    connection = FEEDS[name].connected(wiring, instruments, tracker, line)
    return FeedSource(instruments, connection, line, wiring.plan.pacing, partitions)


def _rest(name: str, url: str, limits: Limits, wiring: Wiring) -> Vendor:
    return rest_vendor(name, wiring.plan.rest_url or url, limits, wiring.say, _seed(wiring))


def _seed(wiring: Wiring) -> int:
    """Two desks that lost one venue at one time come back at different times."""
    return text_hash(" ".join(wiring.plan.symbols))


def _binance_rest(wiring: Wiring) -> Vendor:
    return _rest("binance", source_binance.REST_URL, source_binance.LIMITS, wiring)


def _coinbase_rest(wiring: Wiring) -> Vendor:
    return _rest("coinbase", source_coinbase.REST_URL, source_coinbase.LIMITS, wiring)


def _binance(wiring: Wiring, instruments: Instruments, tracker: FeedTracker, line: Line) -> Connection:
    url = wiring.plan.feed_url or source_binance.SOCKET_URL
    dialect = source_binance.BinanceDialect(instruments, _binance_rest(wiring), url)
    return SocketConnection(dialect, tracker, line, seed=_seed(wiring))


def _coinbase(wiring: Wiring, instruments: Instruments, tracker: FeedTracker, line: Line) -> Connection:
    url = wiring.plan.feed_url or source_coinbase.SOCKET_URL
    dialect = source_coinbase.CoinbaseDialect(instruments, _coinbase_rest(wiring), url)
    return SocketConnection(dialect, tracker, line, seed=_seed(wiring))


def _alpaca(wiring: Wiring, instruments: Instruments, tracker: FeedTracker, line: Line) -> Connection:
    source_alpaca.overhear(line)
    plan, keys = wiring.plan, wiring.keys
    past = source_alpaca.AlpacaPast(
        plan, keys, instruments, library_vendor("alpaca", wiring.say, _seed(wiring))
    )
    client = source_alpaca.AlpacaClient(plan, keys, instruments, past)
    return ClientConnection(client, tracker, line, Backoff(), _seed(wiring))


def _polygon(wiring: Wiring, instruments: Instruments, tracker: FeedTracker, line: Line) -> Connection:
    source_polygon.overhear(line)
    plan, keys = wiring.plan, wiring.keys
    past = source_polygon.PolygonPast(
        plan, keys, instruments, library_vendor("polygon", wiring.say, _seed(wiring))
    )
    client = source_polygon.PolygonClient(plan, keys, instruments, past)
    return ClientConnection(client, tracker, line, Backoff(), _seed(wiring))


FEEDS: Final[Mapping[str, Feed]] = {
    "binance": Feed(
        lambda wiring: source_binance.instruments_of_binance(_binance_rest(wiring), wiring.plan.symbols),
        _binance,
    ),
    "coinbase": Feed(
        lambda wiring: source_coinbase.instruments_of_coinbase(_coinbase_rest(wiring), wiring.plan.symbols),
        _coinbase,
    ),
    "alpaca": Feed(lambda wiring: source_alpaca.us_equities(wiring.plan.symbols, "ALPACA"), _alpaca),
    "polygon": Feed(lambda wiring: source_alpaca.us_equities(wiring.plan.symbols, "POLYGON"), _polygon),
}
"""Every live feed; `shared.settings` names them too, because settings know no service."""
