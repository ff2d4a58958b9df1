"""What the synthetic market tells beside ticks: its indices at every close, and its companies' reports.

An index is the factor that the law moves prices by, so that an instrument's true beta is the one it was made
with. Reports come once every 63 days, on a day that differs from company to company; they foretell nothing.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.ingest.synthetic.grid import Grid
from shared.block import Block, join
from shared.facts import MARKET, FactRows, Field, sector_subject
from shared.market import SECTORS, Instrument, Instruments
from shared.streams import FACTS
from shared.time import DAY_NS

Array = npt.NDArray[Any]

MARKET_LEVEL: Final = 4_000.0
SECTOR_LEVEL: Final = 500.0
TREASURY: Final = 0.04
DAYS_A_REPORT: Final = 63
SUBJECTS: Final = (*range(sector_subject(len(SECTORS) - 1), MARKET), MARKET, MARKET)
FIELDS: Final = (*[Field.PRICE] * (len(SECTORS) + 1), Field.VIX)
"""The columns of the indices, in the order of the stream's rows."""


def beginning_levels() -> Array:
    """Where the indices stand at first: the sectors in falling order, then the market."""
    return np.array([SECTOR_LEVEL] * len(SECTORS) + [MARKET_LEVEL])


def facts_of(seed: int, instruments: Instruments, grid: Grid, indices: Array) -> Block:
    """Everything that is told during these bars, each index in the last moment of a bar."""
    if not len(grid):
        return FACTS.empty(watermark_ns=0)
    last_ns = int(grid.closes[-1]) - 1
    columns = {
        "event_time_ns": np.repeat(grid.closes - 1, len(SUBJECTS)),
        "instrument": np.tile(SUBJECTS, len(grid)),
        "field": np.tile(FIELDS, len(grid)),
        "value": indices.ravel(),
    }
    levels = FACTS.block(columns, watermark_ns=last_ns)
    reports = reports_of(seed, instruments, int(grid.closes[0]) - grid.interval_ns, last_ns)
    return join([levels, reports]).sorted().until(last_ns) if len(reports) else levels


def reports_of(seed: int, instruments: Instruments, from_ns: int, last_ns: int) -> Block:
    """The reports of companies whose day begins in this span."""
    rows = FactRows()
    first, last = -(-from_ns // DAY_NS), last_ns // DAY_NS
    for day in range(first, last + 1):
        for row in instruments:
            if (day + row.instrument) % DAYS_A_REPORT == 0:
                report(rows, seed, row, day)
    return rows.block()


def known_at(seed: int, instruments: Instruments, time_ns: int) -> Block:
    """What is known of every company at a moment, told again then: where a stretch of facts begins."""
    rows = FactRows()
    rows.add(time_ns, MARKET, Field.TREASURY_YIELD, TREASURY)
    rows.add(time_ns, MARKET, Field.OPEN, 1.0)
    for row in instruments:
        day = time_ns // DAY_NS
        report(rows, seed, row, day - (day + row.instrument) % DAYS_A_REPORT, time_ns)
    return rows.block()


def report(rows: FactRows, seed: int, row: Instrument, day: int, told_ns: int = 0) -> None:
    """One company's numbers of a day: drawn for this company and day alone."""
    draw = np.random.Generator(np.random.PCG64([seed, row.instrument, day]))
    revenue = float(np.exp(draw.normal(np.log(2e10), 1.0)))
    margin, growth, debt = draw.normal(0.10, 0.05), draw.normal(0.06, 0.08), draw.uniform(0.1, 2.0)
    income, pe, assets = revenue * margin, float(np.exp(draw.normal(np.log(20.0), 0.4))), 1.5 * revenue
    cash = income + revenue * draw.normal(0.03, 0.03)
    numbers = {
        Field.SECTOR: float(SECTORS.index(row.sector)),
        Field.MARKET_CAP: abs(income) * pe,
        Field.PE_RATIO: pe if income > 0.0 else -pe,
        Field.DIVIDEND_YIELD: draw.uniform(0.0, 0.04),
        Field.RETURN_ON_EQUITY: income / assets * (1.0 + debt),
        Field.RETURN_ON_ASSETS: income / assets,
        Field.PROFIT_MARGIN: margin,
        Field.REVENUE_GROWTH: growth,
        Field.EARNINGS_GROWTH: growth + draw.normal(0.0, 0.1),
        Field.DEBT_TO_EQUITY: debt,
        Field.CURRENT_RATIO: draw.uniform(0.8, 3.0),
        Field.REVENUE: revenue,
        Field.NET_INCOME: income,
        Field.OPERATING_CASH_FLOW: cash,
        Field.FREE_CASH_FLOW: cash - 0.05 * revenue,
    }
    for field, value in numbers.items():
        rows.add(told_ns or day * DAY_NS, row.instrument, field, float(value))
