"""What is known beside prices, about the market, its sectors and companies: a closed list of fields."""

from __future__ import annotations

import enum
import math
from typing import Final, NamedTuple

import numpy as np

from shared.block import Block
from shared.failures import BadInput
from shared.market import SECTORS
from shared.streams import FACTS
from shared.time import BEFORE_TAPE

MARKET: Final = 0
"""The market as a whole; companies are instruments, and sectors lie below it (see `sector_subject`)."""


class Field(enum.IntEnum):
    """What a row of `facts` tells; a number never changes its meaning."""

    PRICE = 1
    VIX = 2
    TREASURY_YIELD = 3
    SECTOR = 4
    SENTIMENT = 5
    MARKET_CAP = 10
    PE_RATIO = 11
    FORWARD_PE = 12
    PRICE_TO_BOOK = 13
    PRICE_TO_SALES = 14
    EPS = 15
    DIVIDEND_YIELD = 16
    RETURN_ON_EQUITY = 17
    RETURN_ON_ASSETS = 18
    PROFIT_MARGIN = 19
    REVENUE_GROWTH = 20
    EARNINGS_GROWTH = 21
    DEBT_TO_EQUITY = 22
    CURRENT_RATIO = 23
    REVENUE = 24
    NET_INCOME = 25
    EBITDA = 26
    OPERATING_CASH_FLOW = 27
    FREE_CASH_FLOW = 28
    SHARES = 29


class Terms(NamedTuple):
    """A field's unit, what it means, and between which values it can be believed."""

    unit: str
    meaning: str
    low: float = -math.inf
    high: float = math.inf


INDICES: Final = frozenset({Field.PRICE, Field.VIX, Field.TREASURY_YIELD})
"""Fields of the market (and `PRICE` of its sectors); all others are of companies."""
SMALLEST: Final = 1e-12
MONEY: Final = "the company's currency"

FIELDS: Final = {
    Field.PRICE: Terms("index points", "level of the market's or a sector's index", SMALLEST),
    Field.VIX: Terms("per cent a year", "volatility that options on the market imply", SMALLEST),
    Field.TREASURY_YIELD: Terms("share a year", "yield of ten-year government bonds", -1.0, 1.0),
    Field.SECTOR: Terms("number", "the sector, by its place in shared/market.py", 0, len(SECTORS) - 1),
    Field.SENTIMENT: Terms("−1 … 1", "the tone of one item of news", -1.0, 1.0),
    Field.MARKET_CAP: Terms(MONEY, "what all shares are worth", 0.0),
    Field.PE_RATIO: Terms("ratio", "price over the last four quarters' earnings a share"),
    Field.FORWARD_PE: Terms("ratio", "price over the earnings a share that are expected"),
    Field.PRICE_TO_BOOK: Terms("ratio", "price over book value a share"),
    Field.PRICE_TO_SALES: Terms("ratio", "price over revenue a share"),
    Field.EPS: Terms("currency a share", "earnings a share of the last four quarters"),
    Field.DIVIDEND_YIELD: Terms("share a year", "dividends of a year over the price", 0.0),
    Field.RETURN_ON_EQUITY: Terms("share a year", "net income over equity"),
    Field.RETURN_ON_ASSETS: Terms("share a year", "net income over assets"),
    Field.PROFIT_MARGIN: Terms("share", "net income over revenue"),
    Field.REVENUE_GROWTH: Terms("share a year", "revenue against a year before"),
    Field.EARNINGS_GROWTH: Terms("share a year", "earnings against a year before"),
    Field.DEBT_TO_EQUITY: Terms("ratio", "debt over equity: 0.5, not 50"),
    Field.CURRENT_RATIO: Terms("ratio", "current assets over current liabilities", 0.0),
    Field.REVENUE: Terms(MONEY, "revenue of the last four quarters"),
    Field.NET_INCOME: Terms(MONEY, "net income of the last four quarters"),
    Field.EBITDA: Terms(MONEY, "earnings before interest, tax, depreciation, of four quarters"),
    Field.OPERATING_CASH_FLOW: Terms(MONEY, "cash from operations of the last four quarters"),
    Field.FREE_CASH_FLOW: Terms(MONEY, "cash from operations less investments, of four quarters"),
    Field.SHARES: Terms("shares", "shares outstanding", 0.0),
}
"""The catalogue: docs/context.md is written from it."""


def sector_subject(sector: int | str) -> int:
    """How `facts` call a sector, by its name or its place in `SECTORS`."""
    return -1 - (SECTORS.index(sector) if isinstance(sector, str) else sector)


class FactRows:
    """Collects facts and gives them as a block in order; what cannot be believed is refused at once."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int, int, float]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, known_ns: int, subject: int, field: Field, value: float) -> None:
        """A fact from this time on; of two about the same at one time the later told stands."""
        fault = fault_of(subject, field, value)
        if fault:
            raise BadInput(f"{field.name.lower()} of {subject} {fault}, found {value}")
        self._rows.append((known_ns, subject, field, value))

    def block(self, watermark_ns: int = BEFORE_TAPE) -> Block:
        """All rows by time, subject and field; each item of news is a row of its own."""
        columns = zip(*self._rows, strict=True) if self._rows else ((),) * len(FACTS.names)
        rows = FACTS.block(dict(zip(FACTS.names, columns, strict=True)), watermark_ns=watermark_ns).sorted()
        keys = np.array([rows[name] for name in FACTS.order])
        told_again = np.append((keys[:, 1:] == keys[:, :-1]).all(axis=0), False)[: len(rows)]
        return rows.take(np.flatnonzero(~told_again | (rows["field"] == Field.SENTIMENT)))


def fault_of(subject: int, field: Field, value: float) -> str:
    """What is wrong with a fact; nothing if it can be believed."""
    terms = FIELDS[field]
    if (field in INDICES) != (subject <= MARKET) or subject < sector_subject(len(SECTORS) - 1):
        return "is told of the wrong subject"
    if subject < MARKET and field != Field.PRICE:
        return "is told of a sector"
    return "" if math.isfinite(value) and terms.low <= value <= terms.high else "cannot be"
