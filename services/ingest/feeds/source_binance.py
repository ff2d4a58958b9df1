"""Binance, live: combined streams over one socket, holes and pictures over REST; no key is needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from services.ingest.feeds.binance_wire import BinanceWire, binance_instruments
from services.ingest.feeds.dialect import Request
from services.ingest.feeds.events import DepthPicture, Event, Pulse, Trade
from services.ingest.feeds.tracker import MissedTrades, WantedBook
from services.ingest.files.steps import terms_of
from services.ingest.vendors.facade import Limits, Vendor
from shared.failures import Refused
from shared.market import Instruments

SOCKET_URL: Final = "wss://stream.binance.com:9443/stream"
REST_URL: Final = "https://api.binance.com"
LIMITS: Final = Limits(per_s=5.0, burst=10)
STREAMS: Final = ("trade", "bookTicker", "depth@100ms")
A_REQUEST: Final = 200
"""Streams that one request names: the venue takes few requests a second and long ones."""
MOST_STREAMS: Final = 1024
"""Streams that the venue gives one connection."""
PAGE: Final = 1000
DEPTH: Final = 5000


class BinanceDialect:
    """Binance's spot streams of these instruments."""

    name = "binance"

    def __init__(self, instruments: Instruments, rest: Vendor, url: str = SOCKET_URL) -> None:
        most = MOST_STREAMS // len(STREAMS)
        if len(instruments) > most:
            raise Refused(f"Binance gives one connection {most} symbols; {len(instruments)} were asked for")
        self.url = url
        self.instruments: Sequence[int] = [row.instrument for row in instruments]
        self._symbols = {row.instrument: row.symbol for row in instruments}
        self._rest, self._wire = rest, BinanceWire(terms_of(instruments))

    def requests(self) -> Sequence[Request]:
        """Every stream of every symbol."""
        names = [f"{symbol.lower()}@{stream}" for symbol in self._symbols.values() for stream in STREAMS]
        pages = [names[start : start + A_REQUEST] for start in range(0, len(names), A_REQUEST)]
        return [Request(str(place), _subscribe(page, place)) for place, page in enumerate(pages, 1)]

    def events(self, frame: str | bytes) -> list[Event]:
        """What a frame says."""
        return self._wire.events(frame)

    def pictures_by_frame(self, want: WantedBook) -> Sequence[str]:
        """None: pictures come over REST."""
        return ()

    def picture(self, want: WantedBook) -> DepthPicture:
        """The whole book."""
        symbol = self._symbols[want.instrument]
        asked = {"symbol": symbol, "limit": str(DEPTH)}
        return self._rest.get("/api/v3/depth", asked, lambda body: self._wire.picture(body, symbol))

    def trades(self, want: MissedTrades) -> list[Trade]:
        """Trades by their numbers, a page after the other."""
        found: list[Trade] = []
        first = want.first
        while first <= want.last:
            page = self._past(want.instrument, {"fromId": str(first), "limit": str(PAGE)}, "historicalTrades")
            found += [trade for trade in page if trade.number <= want.last]
            if not page or page[-1].number < first:
                break
            first = page[-1].number + 1
        return found

    def latest(self, instrument: int) -> Pulse | None:
        """The number of the last trade so far."""
        trades = self._past(instrument, {"limit": "1"}, "trades")
        return Pulse(instrument, 0, trades[-1].number) if trades else None

    def last_before(self, instrument: int, time_ns: int) -> Trade | None:
        """The trade before the first one after this time, told by the aggregates, which alone know times."""
        asked = {
            "symbol": self._symbols[instrument],
            "startTime": str(time_ns // 1_000_000 + 1),
            "limit": "1",
        }
        first = self._rest.get("/api/v3/aggTrades", asked, self._wire.first_number)
        return Trade(instrument, time_ns, 0, 0, 0, first - 1) if first else None

    def _past(self, instrument: int, asked: dict[str, str], endpoint: str) -> list[Trade]:
        symbol = self._symbols[instrument]
        return self._rest.get(
            f"/api/v3/{endpoint}",
            {"symbol": symbol, **asked},
            lambda body: self._wire.past_trades(body, symbol),
        )


def instruments_of_binance(rest: Vendor, symbols: Sequence[str], keep_s: float = 0.0) -> Instruments:
    """The venue's own ticks and lots of these symbols."""
    asked = {"symbols": msgspec.json.encode(list(symbols)).decode()}
    return rest.get("/api/v3/exchangeInfo", asked, lambda body: binance_instruments(body, symbols), keep_s)


def _subscribe(streams: Sequence[str], number: int) -> str:
    return msgspec.json.encode({"method": "SUBSCRIBE", "params": list(streams), "id": number}).decode()
