"""Alpaca's stock stream and history, through its own library."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import partial
from types import ModuleType
from typing import Any, Final, TypeVar

from services.ingest.feeds.alpaca_wire import AlpacaWire
from services.ingest.feeds.extras import wanted
from services.ingest.feeds.plan import FeedKeys, FeedPlan
from services.ingest.feeds.source_client import Anew, Known, Lost, Overheard, Said
from services.ingest.feeds.source_feed import Line
from services.ingest.files.steps import terms_of
from services.ingest.vendors.facade import Answer, Answered, Vendor, trouble_of
from services.ingest.vendors.past_plan import STEPS
from shared.failures import BadInput, Unavailable
from shared.market import Instrument, Instruments
from shared.time import SECOND_NS

T = TypeVar("T")

EXTRA: Final = "alpaca"
TIMEOUT_S: Final = 10.0
CALENDAR: Final = "XNYS"


def us_equities(symbols: Sequence[str], venue: str) -> Instruments:
    """US shares trade in cents and whole shares; prints between two cents go to the nearest, ties to even."""
    return Instruments(
        Instrument(
            instrument=place,
            symbol=symbol,
            venue=venue,
            tick=Decimal("0.01"),
            lot=Decimal(1),
            calendar=CALENDAR,
        )
        for place, symbol in enumerate(symbols, 1)
    )


class AlpacaClient:
    """alpaca-py behind the face of every streaming library."""

    name = "alpaca"

    def __init__(self, plan: FeedPlan, keys: FeedKeys, instruments: Instruments, past: AlpacaPast) -> None:
        self._live = wanted("alpaca.data.live.stock", EXTRA)
        self._plan, self._keys, self._past = plan, keys, past
        self._symbols = [row.symbol for row in instruments]
        self._wire = AlpacaWire(terms_of(instruments))
        self._stream: Any = None

    def run(self, heard: Callable[[object], None]) -> None:
        """The library comes back by itself; each time it has, its confirmation is heard."""
        self._stream = stream = self._made(heard)
        stream.run()
        raise Unavailable("the library has given up; its last complaint says why")

    def stop(self) -> None:
        """Makes run return."""
        stream, self._stream = self._stream, None
        if stream is not None and stream._loop is not None:
            with suppress(TimeoutError, RuntimeError):
                stream.stop()

    def said(self, message: object) -> Sequence[Said]:
        """What a message says."""
        return [message] if isinstance(message, Lost | Anew) else self._wire.said(message)

    def past(self, since_ns: int) -> Sequence[Known]:
        """The trades since this time."""
        return self._past.trades(since_ns)

    def _made(self, heard: Callable[[object], None]) -> Any:
        class Stream(self._live.StockDataStream):  # type: ignore[name-defined, misc]
            """The library's stream, which says when it has lost its connection and when it has come back."""

            async def close(self) -> None:
                heard(Lost())
                await super().close()

            async def _send_subscribe_msg(self) -> None:
                await super()._send_subscribe_msg()
                heard(Anew())

        async def one(message: object) -> None:
            heard(message)

        stream = Stream(
            self._keys.alpaca_key,
            self._keys.alpaca_secret,
            raw_data=True,
            url_override=self._plan.feed_url or None,
        )
        stream.subscribe_trades(one, *self._symbols)
        stream.subscribe_quotes(one, *self._symbols)
        return stream


class AlpacaPast:
    """Alpaca's history of stocks: its library's requests, our facade's patience."""

    def __init__(self, plan: FeedPlan, keys: FeedKeys, instruments: Instruments, vendor: Vendor) -> None:
        self._requests = wanted("alpaca.data.requests", EXTRA)
        self._frames = wanted("alpaca.data.timeframe", EXTRA)
        self._errors = wanted("alpaca.common.exceptions", EXTRA)
        self._network = wanted("requests.exceptions", EXTRA)
        client: ModuleType = wanted("alpaca.data.historical.stock", EXTRA)
        self._client = client.StockHistoricalDataClient(
            keys.alpaca_key, keys.alpaca_secret, raw_data=True, url_override=plan.rest_url or None
        )
        self._client._retry = 0  # its own patience knows neither jitter nor Retry-After
        session = self._client._session  # and where a server goes silent it has no end
        session.request = partial(session.request, timeout=TIMEOUT_S)
        self._symbols = [row.symbol for row in instruments]
        self._wire, self.vendor = AlpacaWire(terms_of(instruments)), vendor

    def trades(self, since_ns: int) -> list[Known]:
        """Every trade since this time."""
        asked = self._requests.StockTradesRequest(symbol_or_symbols=self._symbols, start=_moment(since_ns))
        return self._asked("trades", self._client.get_stock_trades, asked, self._wire.trade)

    def quotes(self, since_ns: int, until_ns: int) -> list[Known]:
        """Every quote of a stretch of time."""
        asked = self._requests.StockQuotesRequest(
            symbol_or_symbols=self._symbols, start=_moment(since_ns), end=_moment(until_ns)
        )
        return self._asked("quotes", self._client.get_stock_quotes, asked, self._wire.quote)

    def bars(self, since_ns: int, until_ns: int, interval: str) -> list[Known]:
        """Raw bars of a minute, an hour or a day."""
        frame = getattr(self._frames.TimeFrame, interval.capitalize())
        asked = self._requests.StockBarsRequest(
            symbol_or_symbols=self._symbols, timeframe=frame, start=_moment(since_ns), end=_moment(until_ns)
        )

        def read(symbol: str, message: object) -> Known:
            return self._wire.bar(symbol, message, STEPS[interval])

        return self._asked(
            f"bars of {', '.join(self._symbols[:3])}", self._client.get_stock_bars, asked, read
        )

    def _asked(
        self, what: str, get: Callable[[Any], Any], asked: object, read: Callable[[str, object], Known]
    ) -> list[Known]:
        def attempt() -> list[Known]:
            found = self._translated(lambda: get(asked))
            if not isinstance(found, Mapping):
                raise BadInput(f"wanted {what} by symbol, found {str(found)[:120]}")
            return [read(symbol, row) for symbol, rows in found.items() for row in rows]

        return self.vendor.call(what, attempt)

    def _translated(self, get: Callable[[], T]) -> T:
        """The library's failures as ours."""
        try:
            return get()
        except self._errors.APIError as error:
            response = error.response
            fields = {name.lower(): value for name, value in response.headers.items()}
            raise Answered(Answer(response.status_code, fields, response.content)) from error
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise BadInput(f"the answer is no message: {error}") from error
        except self._network.RequestException as error:
            raise Unavailable(trouble_of(error)) from error


def overhear(line: Line) -> None:
    """The library's complaints become ours, once."""
    log = logging.getLogger("alpaca")
    for handler in [each for each in log.handlers if isinstance(each, Overheard)]:
        log.removeHandler(handler)
    log.addHandler(Overheard("alpaca", line))
    log.propagate = False


def _moment(time_ns: int) -> dt.datetime:
    """Rounded down to a microsecond, which is all that the library keeps."""
    seconds, rest = divmod(time_ns, SECOND_NS)
    return dt.datetime.fromtimestamp(seconds, dt.UTC) + dt.timedelta(microseconds=rest // 1000)
