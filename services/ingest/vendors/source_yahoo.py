"""Yahoo's daily bars, news and fundamentals, through yfinance; no key is needed, and nothing is promised."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from services.ingest.feeds.extras import wanted
from services.ingest.files.steps import Step, Terms
from services.ingest.vendors.facade import BUSY, Answer, Answered, Vendor, trouble_of
from services.ingest.vendors.facts import day_text, yahoo_facts, yahoo_news
from services.ingest.vendors.yahoo_wire import Daily, Day, as_traded, daily, start_ns
from shared.failures import BadInput, Refused, Unavailable
from shared.market import Instrument
from shared.store.rows import Fundamental, Headline

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

EXTRA: Final = "yahoo"
DATA_HOSTS: Final = ("query", "finance.")
CRUMB: Final = "getcrumb"
"""Cookies are the library's business: it goes on without them."""


class Yahoo:
    """The library's requests, our facade's patience; a session stands in for the network in tests."""

    def __init__(self, vendor: Vendor, session: object | None = None, cache: Path | None = None) -> None:
        self._library = wanted("yfinance", EXTRA)
        self._errors = wanted("yfinance.exceptions", EXTRA)
        self._network = wanted("curl_cffi.requests.exceptions", EXTRA)
        self._library.config.debug.hide_exceptions = False
        self._session = session if session is not None else led_to("")
        if cache is not None:
            cache.mkdir(parents=True, exist_ok=True)
            self._library.set_tz_cache_location(str(cache))
        self.vendor = vendor

    def bars(self, instrument: Instrument, since_ns: int, until_ns: int) -> Daily:
        """Daily bars as they traded, with splits and dividends; asked until today, to undo later splits."""
        terms = Terms(instrument.instrument, Step(instrument.tick), Step(instrument.lot))

        def attempt() -> Daily:
            ticker, start = self._ticker(instrument.symbol), day_text(since_ns)
            table = self._told(lambda: self._table(ticker, start))
            return daily([day for day in as_traded(table) if start_ns(day) < until_ns], terms)

        return self.vendor.call(f"daily bars of {instrument.symbol}", attempt)

    def news(self, symbol: str) -> list[Headline]:
        """The newest headlines."""
        return self.vendor.call(
            f"news of {symbol}", lambda: yahoo_news(self._told(lambda: self._ticker(symbol).news), symbol)
        )

    def facts(self, symbol: str, now_ns: int) -> list[Fundamental]:
        """Fundamentals as they are told now: nothing says that they were known before."""

        def attempt() -> list[Fundamental]:
            return yahoo_facts(self._told(lambda: self._ticker(symbol).info), symbol, now_ns)

        return self.vendor.call(f"summary of {symbol}", attempt)

    def _table(self, ticker: Any, start: str) -> list[Day]:
        """Every day since one; none if Yahoo says in words that it has none."""
        try:
            return days_of(ticker.history(interval="1d", auto_adjust=False, start=start))
        except self._errors.YFTzMissingError as error:
            raise Refused(f"yahoo knows no symbol {ticker.ticker}") from error
        except self._errors.YFPricesMissingError as error:
            if error.yahoo_reason is None:
                raise
            return []

    def _ticker(self, symbol: str) -> Any:
        return self._library.Ticker(symbol, session=self._session)

    def _got(self, get: Callable[[], T]) -> T:
        """The library's failures as ours; it warns of its own ways, and keeps bad answers for good ones."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return get()
        except BaseException:
            self._library.data.YfData.cache_get.cache_clear()
            raise

    def _told(self, get: Callable[[], T]) -> T:
        try:
            return self._got(get)
        except self._errors.YFRateLimitError as error:
            raise Answered(Answer(429, {}, str(error).encode())) from error
        except self._network.HTTPError as error:
            status = getattr(error.response, "status_code", 0) or 500
            if status < 400:
                raise Unavailable(trouble_of(error)) from error
            raise Answered(answer_of(error.response)) from error
        except self._network.RequestException as error:
            raise Unavailable(trouble_of(error)) from error
        except (self._errors.YFException, ValueError, LookupError, TypeError, AttributeError) as error:
            last = getattr(self._session, "last", None)
            if last is not None and last.status_code >= 400:
                raise Answered(answer_of(last)) from error
            raise BadInput(f"{type(error).__name__}: {error}") from error


def led_to(server: str) -> object:
    """A session of the library's own kind that fails where Yahoo does; a server leads every host to one."""
    requests = wanted("curl_cffi.requests", EXTRA)

    class Session(requests.Session):  # type: ignore[name-defined, misc]
        """Raises what may be better next time, which the library would swallow; keeps the path if led."""

        last: Any = None

        def request(self, method: str, url: str, *rest: object, **options: object) -> object:
            parts = urlsplit(url)
            led = f"{server}{parts.path}?{parts.query}" if server else url
            answer = super().request(method, led, *rest, **options)
            if str(parts.hostname).startswith(DATA_HOSTS) and CRUMB not in parts.path:
                self.last = answer
                if answer.status_code in BUSY or answer.status_code >= 500:
                    answer.raise_for_status()
            return answer

    return Session() if server else Session(impersonate="chrome")


def answer_of(response: Any) -> Answer:
    """What came back, as our facade takes it."""
    fields = {str(name).lower(): str(value) for name, value in response.headers.items()}
    return Answer(int(response.status_code), fields, bytes(response.content))


def days_of(table: pd.DataFrame) -> list[Day]:
    """The rows of the library's table."""
    names = [str(name) for name in table.columns]
    return [
        Day(stamp.to_pydatetime(), dict(zip(names, map(float, row), strict=True)))
        for stamp, row in zip(table.index, table.to_numpy(), strict=True)
    ]
