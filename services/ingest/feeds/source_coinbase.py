"""Coinbase Exchange, live: public channels over one socket, holes over REST; no key is needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from services.ingest.feeds.coinbase_wire import CoinbaseWire, coinbase_instruments
from services.ingest.feeds.dialect import Request
from services.ingest.feeds.events import DepthPicture, Event, Pulse, Trade
from services.ingest.feeds.tracker import MissedTrades, WantedBook
from services.ingest.files.steps import terms_of
from services.ingest.vendors.facade import Limits, Vendor
from shared.failures import Refused
from shared.market import Instruments

SOCKET_URL: Final = "wss://ws-feed.exchange.coinbase.com"
REST_URL: Final = "https://api.exchange.coinbase.com"
LIMITS: Final = Limits(per_s=5.0, burst=10)
CHANNELS: Final = ("matches", "ticker", "level2_batch", "heartbeat")
PAGE: Final = 1000


class CoinbaseDialect:
    """Coinbase's public channels of these instruments."""

    name = "coinbase"

    def __init__(self, instruments: Instruments, rest: Vendor, url: str = SOCKET_URL) -> None:
        self.url = url
        self.instruments: Sequence[int] = [row.instrument for row in instruments]
        self._products = {row.instrument: row.symbol for row in instruments}
        self._rest, self._wire = rest, CoinbaseWire(terms_of(instruments))

    def requests(self) -> Sequence[Request]:
        """One request for all channels of all products."""
        frame = _frame("subscribe", list(self._products.values()), CHANNELS)
        return [Request("subscribe", frame)]

    def events(self, frame: str | bytes) -> list[Event]:
        """What a frame says."""
        return self._wire.events(frame)

    def pictures_by_frame(self, want: WantedBook) -> Sequence[str]:
        """The book's channel begins with a picture, so it is left and joined again."""
        products = [self._products[want.instrument]]
        channel = ("level2_batch",)
        return _frame("unsubscribe", products, channel), _frame("subscribe", products, channel)

    def picture(self, want: WantedBook) -> DepthPicture:
        """Never asked for: pictures come over the socket."""
        raise Refused("Coinbase pictures its books over the socket")

    def trades(self, want: MissedTrades) -> list[Trade]:
        """Trades by their numbers, a page after the other, the newest first."""
        found: list[Trade] = []
        after = want.last + 1
        while after > want.first:
            page = self._past(want.instrument, {"after": str(after), "limit": str(PAGE)})
            if not page or page[0].number >= after:
                break
            found += [trade for trade in page if trade.number >= want.first]
            after = page[0].number
        return sorted(found, key=lambda trade: trade.number)

    def latest(self, instrument: int) -> Pulse | None:
        """The number of the last trade so far."""
        page = self._past(instrument, {"limit": "1"})
        return Pulse(instrument, 0, page[-1].number) if page else None

    def last_before(self, instrument: int, time_ns: int) -> Trade | None:
        """The last trade before a time, looked for page after page backwards, a few pages at most."""
        asked = {"limit": str(PAGE)}
        for _ in range(10):
            page = self._past(instrument, asked)
            before = [trade for trade in page if trade.time_ns <= time_ns]
            if before:
                return before[-1]
            if not page:
                return None
            asked = {"limit": str(PAGE), "after": str(page[0].number)}
        return None

    def _past(self, instrument: int, asked: dict[str, str]) -> list[Trade]:
        product = self._products[instrument]
        return self._rest.get(
            f"/products/{product}/trades", asked, lambda body: self._wire.past_trades(body, product)
        )


def instruments_of_coinbase(rest: Vendor, products: Sequence[str], keep_s: float = 0.0) -> Instruments:
    """The venue's own increments of these products."""
    return rest.get("/products", {}, lambda body: coinbase_instruments(body, products), keep_s)


def _frame(kind: str, products: Sequence[str], channels: Sequence[str]) -> str:
    asked = {"type": kind, "product_ids": list(products), "channels": list(channels)}
    return msgspec.json.encode(asked).decode()
