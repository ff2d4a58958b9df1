"""What is known of a company as it was told, and what follows from two or three of such numbers."""

from __future__ import annotations

import math
from typing import Final

from services.features.notes import NOTE, age, known
from services.features.registry import Feature
from services.features.row import RATE, Op, Row
from shared.facts import FIELDS, Field
from shared.kernels import part, step

SECONDS_A_DAY: Final = 86_400.0


@step
def told(m: Row, op: Op) -> None:
    """The number that was told last, and how old it is."""
    m[op.out], m[op.out + 1] = known(m, op.at), age(m, op.at) / SECONDS_A_DAY


@part
def quotient(part_: float, whole: float) -> float:
    """A quotient of what may be unknown; NaN as well where there is nothing to divide by."""
    return part_ / whole if whole != 0.0 else math.nan


@step
def earnings_yield(m: Row, op: Op) -> None:
    """What a year's earnings are of the price, and by how much that exceeds what bonds yield."""
    m[op.out] = quotient(1.0, known(m, op.at))
    m[op.out + 1] = m[op.out] - m[RATE]


@step
def price_to_growth(m: Row, op: Op) -> None:
    """The price of earnings for each per cent that they grow."""
    m[op.out] = quotient(known(m, op.at), 100.0 * known(m, op.at + NOTE))


@step
def earnings_quality(m: Row, op: Op) -> None:
    """How much of what was booked as earnings came in as cash, as a share of revenue."""
    at = op.at
    m[op.out] = quotient(known(m, at) - known(m, at + NOTE), known(m, at + 2 * NOTE))


@step
def free_cash_yield(m: Row, op: Op) -> None:
    """Cash that is left after investments, of what the company costs."""
    m[op.out] = quotient(known(m, op.at), known(m, op.at + NOTE))


@step
def financial_health(m: Row, op: Op) -> None:
    """Can it pay its bills, how much of it is borrowed, and does it earn: the mean of three scores."""
    current, debt, earned = known(m, op.at), known(m, op.at + NOTE), known(m, op.at + 2 * NOTE)
    owned = 0.0 if debt < 0.0 else 1.0 / (1.0 + debt)
    m[op.out] = (current / (1.0 + current) + owned + 0.5 + 0.5 * math.tanh(5.0 * earned)) / 3.0


PLAIN: Final = tuple(field for field in Field if field >= Field.MARKET_CAP)
"""Fields of companies that are features as they are."""
FEATURES: Final = (
    *(
        Feature(
            name=field.name.lower(), update=told, outputs=("", "age"), unit=f"{FIELDS[field].unit}; days",
            formula=f"{FIELDS[field].meaning}, as told last; age = days since then",
            state=lambda: NOTE, fields=(field,),
        )
        for field in PLAIN
    ),
    Feature(
        name="earnings_yield", update=earnings_yield, outputs=("", "over_treasury"), unit="share a year",
        formula="1 / pe_ratio; over_treasury = that − treasury_yield",
        state=lambda: NOTE, fields=(Field.PE_RATIO,), peers=True,
    ),
    Feature(
        name="price_to_growth", update=price_to_growth, unit="ratio",
        formula="pe_ratio / (100 earnings_growth)",
        state=lambda: 2 * NOTE, fields=(Field.PE_RATIO, Field.EARNINGS_GROWTH),
    ),
    Feature(
        name="earnings_quality", update=earnings_quality, unit="share of revenue",
        formula="(operating_cash_flow − net_income) / revenue",
        state=lambda: 3 * NOTE, fields=(Field.OPERATING_CASH_FLOW, Field.NET_INCOME, Field.REVENUE),
    ),
    Feature(
        name="free_cash_yield", update=free_cash_yield, unit="share a year",
        formula="free_cash_flow / market_cap",
        state=lambda: 2 * NOTE, fields=(Field.FREE_CASH_FLOW, Field.MARKET_CAP),
    ),
    Feature(
        name="financial_health", update=financial_health, unit="0 … 1",
        formula="mean of current_ratio / (1 + current_ratio), 1 / (1 + debt_to_equity) (0 where equity is "
        "negative) and (1 + tanh(5 return_on_assets)) / 2",
        state=lambda: 3 * NOTE,
        fields=(Field.CURRENT_RATIO, Field.DEBT_TO_EQUITY, Field.RETURN_ON_ASSETS),
    ),
)  # fmt: skip
"""The family's registry."""
