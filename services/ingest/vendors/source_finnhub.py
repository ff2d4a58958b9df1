"""Finnhub's bars, news and fundamentals, through its own library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from services.ingest.feeds.events import Candle
from services.ingest.feeds.extras import wanted
from services.ingest.files.steps import terms_of
from services.ingest.vendors.facade import Answer, Answered, Vendor, trouble_of
from services.ingest.vendors.facts import day_text, finnhub_facts, finnhub_news
from services.ingest.vendors.past_plan import STEPS
from services.ingest.vendors.past_wire import finnhub_candles
from shared.failures import BadInput, Refused, Unavailable
from shared.market import Instrument
from shared.store.rows import Fundamental, Headline
from shared.time import SECOND_NS

T = TypeVar("T")

EXTRA: Final = "finnhub"
RESOLUTIONS: Final[Mapping[str, str]] = {"minute": "1", "hour": "60", "day": "D"}


class Finnhub:
    """The library's requests, our facade's patience."""

    def __init__(self, key: str, vendor: Vendor, url: str = "") -> None:
        if not key:
            raise Refused("finnhub wants a key: set keys.finnhub, or TAPELINE_KEYS__FINNHUB_FILE")
        library = wanted("finnhub", EXTRA)
        self._errors = wanted("finnhub.exceptions", EXTRA)
        self._network = wanted("requests.exceptions", EXTRA)
        self._client: Any = library.Client(api_key=key)
        self._client.API_URL = url or self._client.API_URL
        self.vendor = vendor

    def news(self, symbol: str, since_ns: int, until_ns: int) -> list[Headline]:
        """Headlines about a company between two days."""
        days = {"_from": day_text(since_ns), "to": day_text(until_ns)}

        def attempt() -> list[Headline]:
            return finnhub_news(self._got(lambda: self._client.company_news(symbol, **days)), symbol)

        return self.vendor.call(f"news of {symbol}", attempt)

    def facts(self, symbol: str, now_ns: int) -> list[Fundamental]:
        """Fundamentals as they are told now: nothing says that they were known before."""

        def attempt() -> list[Fundamental]:
            told = self._got(lambda: self._client.company_basic_financials(symbol, "all"))
            return finnhub_facts(told, symbol, now_ns)

        return self.vendor.call(f"financials of {symbol}", attempt)

    def bars(self, instrument: Instrument, interval: str, since_ns: int, until_ns: int) -> list[Candle]:
        """Bars of a minute, an hour or a day."""
        (terms,) = terms_of([instrument]).values()
        asked = (instrument.symbol, RESOLUTIONS[interval], since_ns // SECOND_NS, until_ns // SECOND_NS - 1)

        def attempt() -> list[Candle]:
            told = self._got(lambda: self._client.stock_candles(*asked))
            return finnhub_candles(told, terms, STEPS[interval])

        return self.vendor.call(f"bars of {instrument.symbol}", attempt)

    def _got(self, get: Callable[[], T]) -> T:
        """The library's failures as ours."""
        try:
            return get()
        except self._errors.FinnhubAPIException as error:
            response = error.response
            fields = {name.lower(): value for name, value in response.headers.items()}
            raise Answered(Answer(response.status_code, fields, response.content)) from error
        except self._errors.FinnhubRequestException as error:
            raise BadInput(str(error)[:200]) from error
        except self._network.RequestException as error:
            raise Unavailable(trouble_of(error)) from error
