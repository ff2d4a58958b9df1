"""What vendors tell about companies beside prices, each with the time from which it was known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

import msgspec

from services.ingest.files.stamp_text import rfc3339_ns
from shared.failures import BadInput
from shared.ids import text_hash
from shared.store.rows import Fundamental, Headline
from shared.time import SECOND_NS

T = TypeVar("T")

YAHOO_FACTS: Final = (
    "marketCap", "trailingPE", "forwardPE", "priceToBook", "priceToSalesTrailing12Months", "trailingEps",
    "dividendYield", "returnOnEquity", "returnOnAssets", "profitMargins", "revenueGrowth", "earningsGrowth",
    "debtToEquity", "currentRatio", "totalRevenue", "netIncomeToCommon", "ebitda", "operatingCashflow",
    "freeCashflow", "sharesOutstanding", "beta", "fiftyTwoWeekHigh", "fiftyTwoWeekLow",
)  # fmt: skip


class _FinnhubNews(msgspec.Struct):
    datetime: int
    headline: str
    id: int = 0
    summary: str = ""
    source: str = ""
    url: str = ""


class _Link(msgspec.Struct):
    url: str = ""


class _Provider(msgspec.Struct, rename={"name": "displayName"}):
    name: str = ""


class _Content(msgspec.Struct, rename="camel"):
    title: str
    pub_date: str
    summary: str = ""
    provider: _Provider | None = None
    canonical_url: _Link | None = None


class _YahooNews(msgspec.Struct):
    content: _Content
    id: str = ""


def finnhub_news(answer: object, symbol: str) -> list[Headline]:
    """Finnhub's company news, the oldest first."""
    news = [
        Headline(
            symbol=symbol,
            time_ns=item.datetime * SECOND_NS,
            headline=item.headline.strip(),
            summary=item.summary.strip(),
            source=item.source,
            url=item.url,
            number=number_of(str(item.id or ""), item.datetime * SECOND_NS, item.headline),
            vendor="finnhub",
        )
        for item in _read(answer, list[_FinnhubNews], "Finnhub's news")
    ]
    return _in_order(news)


def yahoo_news(answer: object, symbol: str) -> list[Headline]:
    """Yahoo's news of a ticker, the oldest first."""
    news = [
        Headline(
            symbol=symbol,
            time_ns=rfc3339_ns(item.content.pub_date),
            headline=item.content.title.strip(),
            summary=item.content.summary.strip(),
            source=item.content.provider.name if item.content.provider else "",
            url=item.content.canonical_url.url if item.content.canonical_url else "",
            number=number_of(item.id, rfc3339_ns(item.content.pub_date), item.content.title),
            vendor="yahoo",
        )
        for item in _read(answer, list[_YahooNews], "Yahoo's news")
    ]
    return _in_order(news)


def finnhub_facts(answer: object, symbol: str, now_ns: int) -> list[Fundamental]:
    """Every number of Finnhub's basic financials; they are of the day on which they are asked for."""
    metric = answer.get("metric") if isinstance(answer, Mapping) else None
    if not isinstance(metric, Mapping):
        raise BadInput(f"Finnhub's financials of {symbol} have no metric: {str(answer)[:120]}")
    return _numbers(metric, tuple(metric), symbol, now_ns, "finnhub")


def yahoo_facts(answer: object, symbol: str, now_ns: int) -> list[Fundamental]:
    """The numbers of Yahoo's summary that a strategy may want; they are of the moment of asking."""
    if not isinstance(answer, Mapping) or not answer:
        raise BadInput(f"Yahoo's summary of {symbol} is empty")
    return _numbers(answer, YAHOO_FACTS, symbol, now_ns, "yahoo")


def number_of(number: str, time_ns: int, headline: str) -> str:
    """The vendor's number of an item, or one that is derived from what it says and when."""
    return number or f"{text_hash(f'{time_ns} {headline.strip()}') & (1 << 63) - 1:016x}"


def day_text(time_ns: int) -> str:
    """The UTC day of a time, as vendors want it."""
    return f"{dt.datetime.fromtimestamp(time_ns // SECOND_NS, dt.UTC):%Y-%m-%d}"


def _numbers(
    told: Mapping[str, object], names: Sequence[str], symbol: str, now_ns: int, vendor: str
) -> list[Fundamental]:
    found = []
    for name in names:
        value = told.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf"):
            number = float(value)
            found.append(
                Fundamental(
                    vendor=vendor, symbol=symbol, name=name, as_of_ns=now_ns, known_ns=now_ns, value=number
                )
            )
    return found


def _in_order(news: Sequence[Headline]) -> list[Headline]:
    """By time, each number once."""
    once = {item.number: item for item in news if item.headline}
    return sorted(once.values(), key=lambda item: (item.time_ns, item.number))


def _read(answer: object, kind: type[T], what: str) -> T:
    try:
        return msgspec.convert(answer, kind)
    except msgspec.ValidationError as error:
        raise BadInput(f"{what} cannot be read: {error}: {str(answer)[:120]}") from error
