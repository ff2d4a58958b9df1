"""What was told about companies and the market as rows of `facts`: each from when on it was known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import numpy as np

from services.ingest.facts.index_files import Yields
from shared.block import Block
from shared.facts import MARKET, FactRows, Field, fault_of
from shared.store.rows import Fundamental, Headline

PERCENT: Final = 0.01
MILLION: Final = 1e6


class Name(NamedTuple):
    """What a vendor's name means: a field, in units of which theirs are so many."""

    field: Field
    scale: float = 1.0


YAHOO: Final[Mapping[str, Name]] = {
    "marketCap": Name(Field.MARKET_CAP),
    "trailingPE": Name(Field.PE_RATIO),
    "forwardPE": Name(Field.FORWARD_PE),
    "priceToBook": Name(Field.PRICE_TO_BOOK),
    "priceToSalesTrailing12Months": Name(Field.PRICE_TO_SALES),
    "trailingEps": Name(Field.EPS),
    "dividendYield": Name(Field.DIVIDEND_YIELD, PERCENT),
    "returnOnEquity": Name(Field.RETURN_ON_EQUITY),
    "returnOnAssets": Name(Field.RETURN_ON_ASSETS),
    "profitMargins": Name(Field.PROFIT_MARGIN),
    "revenueGrowth": Name(Field.REVENUE_GROWTH),
    "earningsGrowth": Name(Field.EARNINGS_GROWTH),
    "debtToEquity": Name(Field.DEBT_TO_EQUITY, PERCENT),
    "currentRatio": Name(Field.CURRENT_RATIO),
    "totalRevenue": Name(Field.REVENUE),
    "netIncomeToCommon": Name(Field.NET_INCOME),
    "ebitda": Name(Field.EBITDA),
    "operatingCashflow": Name(Field.OPERATING_CASH_FLOW),
    "freeCashflow": Name(Field.FREE_CASH_FLOW),
    "sharesOutstanding": Name(Field.SHARES),
}
FINNHUB: Final[Mapping[str, Name]] = {
    "marketCapitalization": Name(Field.MARKET_CAP, MILLION),
    "peTTM": Name(Field.PE_RATIO),
    "forwardPE": Name(Field.FORWARD_PE),
    "pbQuarterly": Name(Field.PRICE_TO_BOOK),
    "psTTM": Name(Field.PRICE_TO_SALES),
    "epsTTM": Name(Field.EPS),
    "dividendYieldIndicatedAnnual": Name(Field.DIVIDEND_YIELD, PERCENT),
    "roeTTM": Name(Field.RETURN_ON_EQUITY, PERCENT),
    "roaTTM": Name(Field.RETURN_ON_ASSETS, PERCENT),
    "netProfitMarginTTM": Name(Field.PROFIT_MARGIN, PERCENT),
    "revenueGrowthTTMYoy": Name(Field.REVENUE_GROWTH, PERCENT),
    "epsGrowthTTMYoy": Name(Field.EARNINGS_GROWTH, PERCENT),
    "totalDebt/totalEquityQuarterly": Name(Field.DEBT_TO_EQUITY),
    "currentRatioQuarterly": Name(Field.CURRENT_RATIO),
}
OURS: Final[Mapping[str, Name]] = {field.name.lower(): Name(field) for field in Field}
"""Files say a field by its own name, see `company_tables.py`."""
VENDORS: Final = {"file": OURS, "finnhub": FINNHUB, "yahoo": YAHOO}
"""Of several vendors that tell one field of one company, the first counts: definitions differ."""


def company_facts(told: Iterable[Fundamental], ids: Mapping[str, int]) -> tuple[FactRows, int]:
    """What was known of these symbols at each time, and how many numbers cannot be.

    A number counts from when it was known, and only while nothing of a later day was known before it: the
    restatement of an old quarter says nothing about today.
    """
    rows, bad = FactRows(), 0
    best: dict[tuple[str, Field], tuple[int, float]] = {}
    for field, row in _of_the_first_vendor(told, ids):
        value = row.value * VENDORS[row.vendor][row.name].scale
        if fault_of(ids[row.symbol], field, value):
            bad += 1
            continue
        as_of_ns, known = best.get((row.symbol, field), (row.as_of_ns, float("nan")))
        if row.as_of_ns < as_of_ns:
            continue
        best[row.symbol, field] = row.as_of_ns, value
        if value != known:
            rows.add(row.known_ns, ids[row.symbol], field, value)
    return rows, bad


def _of_the_first_vendor(
    told: Iterable[Fundamental], ids: Mapping[str, int]
) -> list[tuple[Field, Fundamental]]:
    """In the order in which it became known; of one time the latest day comes last."""
    named = [
        (VENDORS[row.vendor][row.name].field, row)
        for row in told
        if row.symbol in ids and row.name in VENDORS.get(row.vendor, {})
    ]
    order = list(VENDORS)
    first: dict[tuple[str, Field], int] = {}
    for field, row in named:
        place = order.index(row.vendor)
        first[row.symbol, field] = min(place, first.get((row.symbol, field), place))
    kept = [(field, row) for field, row in named if order.index(row.vendor) == first[row.symbol, field]]
    return sorted(kept, key=lambda each: (each[1].known_ns, each[1].symbol, each[0], each[1].as_of_ns))


def news_facts(news: Iterable[Headline], ids: Mapping[str, int]) -> FactRows:
    """The tone of each item, from when it was published."""
    rows = FactRows()
    for item in news:
        if item.symbol in ids:
            rows.add(item.time_ns, ids[item.symbol], Field.SENTIMENT, item.tone)
    return rows


def vix_facts(ticks: Block) -> FactRows:
    """The VIX of each day, known once its last value was made."""
    rows = FactRows()
    for time_ns, price in zip(ticks["event_time_ns"].tolist(), ticks["price"].tolist(), strict=True):
        rows.add(time_ns + 1, MARKET, Field.VIX, price / 100)
    return rows


def yield_facts(yields: Yields) -> FactRows:
    """The yield of ten years each day, known once it was published."""
    rows, place = FactRows(), yields.months.index(120)
    for time_ns, millionths in zip(
        yields.known_ns.tolist(), yields.millionths[:, place].tolist(), strict=True
    ):
        if millionths >= 0:
            rows.add(time_ns, MARKET, Field.TREASURY_YIELD, millionths / MILLION)
    return rows


def not_in(block: Block, known: Block) -> Block:
    """The rows of one block that another does not hold."""
    have = set(zip(*(known[name].tolist() for name in known.stream.names), strict=True))
    told = zip(*(block[name].tolist() for name in block.stream.names), strict=True)
    return block.take(np.flatnonzero([row not in have for row in told]))
