"""Polygon's, now Massive's, stock stream and history, through its own library."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from services.ingest.feeds.events import Candle
from services.ingest.feeds.extras import wanted
from services.ingest.feeds.plan import FeedKeys, FeedPlan
from services.ingest.feeds.polygon_wire import PastTrades, PolygonWire, read_page
from services.ingest.feeds.source_client import Known, Overheard, Said
from services.ingest.feeds.source_feed import Line
from services.ingest.files.steps import terms_of
from services.ingest.vendors.facade import Answer, Answered, Vendor, trouble_of
from services.ingest.vendors.past_plan import STEPS
from services.ingest.vendors.past_wire import MS, Aggregates, polygon_candles, polygon_page
from shared.failures import BadInput, Refused, Unavailable
from shared.market import Instruments

EXTRA: Final = "polygon"
FEED: Final = "socket.massive.com"
REST_URL: Final = "https://api.massive.com"
PAGE: Final = 50_000


class PolygonClient:
    """massive's WebSocketClient behind the face of every streaming library."""

    name = "polygon"

    def __init__(self, plan: FeedPlan, keys: FeedKeys, instruments: Instruments, past: PolygonPast) -> None:
        self._library = wanted("massive", EXTRA)
        self._errors = wanted("massive.exceptions", EXTRA)
        self._sockets = wanted("websockets.exceptions", EXTRA)
        self._plan, self._keys, self._past = plan, keys, past
        self._symbols = [row.symbol for row in instruments]
        self._wire = PolygonWire(terms_of(instruments))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def run(self, heard: Callable[[object], None]) -> None:
        """One connection of the library, raw frames as they come."""
        try:
            asyncio.run(self._one(heard))
        except asyncio.CancelledError:
            return
        except self._errors.AuthError as error:
            raise Refused(f"polygon: {error}; check keys.polygon") from error
        except (OSError, self._sockets.WebSocketException, ValueError, LookupError) as error:
            raise Unavailable(trouble_of(error)) from error
        raise Unavailable("the vendor hung up")

    def stop(self) -> None:
        """Makes run return."""
        loop, task = self._loop, self._task
        if loop is not None and task is not None and not loop.is_closed():
            loop.call_soon_threadsafe(task.cancel)

    def said(self, message: object) -> Sequence[Said]:
        """What a frame says."""
        return self._wire.said(message)

    def past(self, since_ns: int) -> Sequence[Known]:
        """The trades since this time."""
        return [known for symbol in self._symbols for known in self._past.trades(symbol, since_ns)]

    async def _one(self, heard: Callable[[object], None]) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        address = self._plan.feed_url or f"wss://{FEED}"
        scheme, _, feed = address.partition("://")
        channels = [f"{channel}.{symbol}" for symbol in self._symbols for channel in ("T", "Q")]
        client = self._library.WebSocketClient(
            api_key=self._keys.polygon,
            feed=feed,
            raw=True,
            subscriptions=channels,
            max_reconnects=0,
            secure=scheme == "wss",
        )

        async def one(frame: object) -> None:
            heard(frame)

        await client.connect(one)


class PolygonPast:
    """Polygon's history of trades and bars: its library's requests, our facade's patience."""

    def __init__(self, plan: FeedPlan, keys: FeedKeys, instruments: Instruments, vendor: Vendor) -> None:
        library = wanted("massive", EXTRA)
        self._network = wanted("urllib3.exceptions", EXTRA)
        base = plan.rest_url or REST_URL
        self._client: Any = library.RESTClient(api_key=keys.polygon, base=base, retries=0, pagination=False)
        pool = self._client.client  # the library keeps neither the status nor the fields of a refusal
        pool.request = partial(_whole, pool.request)
        self._terms = terms_of(instruments)
        self._wire, self.vendor = PolygonWire(self._terms), vendor

    def trades(self, symbol: str, since_ns: int) -> list[Known]:
        """Every trade since this time, a page after the other."""
        found: list[Known] = []
        while True:
            page = self.vendor.call(f"trades of {symbol}", partial(self._page, symbol, since_ns))
            known = self._wire.past(symbol, page)
            found += known
            newest = max((each.tick.time_ns for each in known), default=since_ns)
            if not page.next_url or newest <= since_ns:
                return found
            since_ns = newest

    def bars(self, symbol: str, interval: str, since_ns: int, until_ns: int) -> list[Candle]:
        """Raw bars of a minute, an hour or a day, a page after the other."""
        found: list[Candle] = []
        while since_ns < until_ns:
            asked = (symbol, 1, interval, since_ns // MS, until_ns // MS - 1)
            page = self.vendor.call(f"bars of {symbol}", partial(self._bars, asked))
            found += polygon_candles(page, self._terms[symbol], STEPS[interval])
            if not page.next_url or not page.results:
                return found
            since_ns = max(since_ns, page.results[-1].t * MS) + STEPS[interval]
        return found

    def _bars(self, asked: tuple[object, ...]) -> Aggregates:
        told = {"adjusted": False, "sort": "asc", "limit": PAGE, "raw": True}
        return polygon_page(self._body(lambda: self._client.list_aggs(*asked, **told)))

    def _page(self, symbol: str, since_ns: int) -> PastTrades:
        told = {"timestamp_gte": since_ns, "order": "asc", "sort": "timestamp", "limit": PAGE, "raw": True}
        return read_page(self._body(lambda: self._client.list_trades(symbol, **told)))

    def _body(self, get: Callable[[], Any]) -> bytes:
        """A whole answer; the library's failures become ours."""
        try:
            response = get()
        except self._network.HTTPError as error:
            raise Unavailable(trouble_of(error)) from error
        try:
            body: bytes = response.data
            return body
        except self._network.HTTPError as error:
            raise BadInput(f"half an answer: {error}") from error


def _whole(request: Callable[..., Any], *rest: object, **options: object) -> Any:
    """One request and no second one; an answer that is none is told as it came."""
    response = request(*rest, **{**options, "retries": False})
    if response.status != HTTPStatus.OK:
        fields = {str(name).lower(): str(value) for name, value in response.headers.items()}
        raise Answered(Answer(response.status, fields, response.data))
    return response


def overhear(line: Line) -> None:
    """The library's complaints become ours, once."""
    log = logging.getLogger("WebSocketClient")
    for handler in [each for each in log.handlers if isinstance(each, Overheard)]:
        log.removeHandler(handler)
    log.addHandler(Overheard("polygon", line))
    log.propagate = False
