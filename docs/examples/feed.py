"""A live feed: a venue that writes a line a trade, `nanoseconds,symbol,price,size,number`."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal

from services.ingest.feeds.backoff import Backoff
from services.ingest.feeds.events import Subscribed, Trade
from services.ingest.feeds.names import Feed, Wiring
from services.ingest.feeds.source_alpaca import us_equities
from services.ingest.feeds.source_client import ClientConnection, Known, Said
from services.ingest.feeds.source_feed import Connection, Line
from services.ingest.feeds.tracker import FeedTracker
from services.ingest.files.steps import Step, terms_of
from shared.failures import BadInput, Unavailable
from shared.market import Instruments

SILENCE_S = 30.0
ONE = Step(Decimal(1))
"""Whole numbers; what is none, or too large for a column, is no line."""


class TickerClient:
    """One connection after another, each line as it comes."""

    name = "ticker"

    def __init__(self, address: str, instruments: Instruments) -> None:
        host, _, port = address.rpartition(":")
        self._address, self._terms = (host, int(port)), terms_of(instruments)
        self._socket: socket.socket | None = None

    def run(self, heard: Callable[[object], None]) -> None:
        """Hands on every line until the venue hangs up or falls silent."""
        try:
            with socket.create_connection(self._address, SILENCE_S) as self._socket:
                for line in self._socket.makefile("rb"):
                    heard(line)
        except OSError as error:
            raise Unavailable(str(error)) from error
        raise Unavailable("the venue hung up")

    def stop(self) -> None:
        """Makes run return; any thread may ask."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def said(self, message: object) -> Sequence[Said]:
        """What a line says; the trade's number is what makes it itself."""
        words = message.decode("ascii", "replace").strip().split(",") if isinstance(message, bytes) else []
        if words == ["ready"]:
            return [Subscribed("trades")]
        if len(words) != 5 or words[1] not in self._terms:
            raise BadInput(f"found {message!r}, wanted nanoseconds,symbol,price,size,number")
        terms = self._terms[words[1]]
        time_ns, number = ONE.whole(words[0]), ONE.whole(words[4])
        price, size = terms.price.whole(words[2]), terms.size.whole(words[3])
        trade = Trade(terms.instrument, time_ns, price, size, 0, number)
        return [Known(trade, (trade.instrument, trade.number))]

    def past(self, since_ns: int) -> Sequence[Known]:
        """This venue does not tell what happened before."""
        return ()


def describe(wiring: Wiring) -> Instruments:
    """Cents and whole shares."""
    return us_equities(wiring.plan.symbols, "TICKER")


def connect(wiring: Wiring, instruments: Instruments, tracker: FeedTracker, line: Line) -> Connection:
    """The client, run again and again."""
    return ClientConnection(TickerClient(wiring.plan.feed_url, instruments), tracker, line, Backoff(), seed=0)


TICKER = Feed(describe, connect)
