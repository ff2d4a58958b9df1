"""LEAN's factor and map files: splits, dividends, renames and delistings, and what a ticker was when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple

from services.ingest.lean.rows import local_midnight
from shared.actions import Action
from shared.block import Block
from shared.failures import BadInput
from shared.money import MICRO
from shared.streams import CORPORATE_ACTIONS

NEW_YORK: Final = "America/New_York"
FAR: Final = dt.date(2050, 1, 1)
SPLIT_ERROR: Final = 5e-4
FACTOR_DIGIT: Final = 0.6e-7
"""How far a factor of seven decimals may be from the truth."""


class Factor(NamedTuple):
    """Up to and including this day, raw prices times both factors are adjusted; the last raw close of it."""

    day: dt.date
    price: float
    split: float
    close: float


class Name(NamedTuple):
    """Up to and including this day the ticker was this."""

    day: dt.date
    ticker: str


class Happening(NamedTuple):
    """A corporate action: it holds from its time on."""

    time_ns: int
    action: Action
    numerator: int = 0
    denominator: int = 0
    amount: int = 0


def parse_factors(text: str) -> list[Factor]:
    """The rows of a factor file, oldest first."""
    rows = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        try:
            day, price, split, *close = line.split(",")
            rows.append(Factor(_day(day), float(price), float(split), float(close[0]) if close else 0.0))
        except ValueError as error:
            raise BadInput(f"factor file: {line!r}: {error}") from error
    return sorted(rows)


def parse_names(text: str) -> list[Name]:
    """The rows of a map file, oldest first."""
    rows = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        day, ticker, *_ = [*line.split(","), ""]
        try:
            rows.append(Name(_day(day), ticker.strip().lower()))
        except ValueError as error:
            raise BadInput(f"map file: {line!r}: {error}") from error
    return sorted(rows)


def ticker_on(names: Sequence[Name], day: dt.date) -> str | None:
    """What the symbol was called on a day; None outside its life."""
    if not names or day < names[0].day:
        return None
    return next((name.ticker for name in names if name.day >= day), None)


def splits_and_dividends(factors: Sequence[Factor]) -> list[Happening]:
    """What happened between each row and the next: it holds from the midnight after the earlier one."""
    found = []
    for one, following in pairwise(factors):
        time_ns = _after(one.day)
        ratio = one.split / following.split
        if abs(ratio - 1.0) > 1e-9:
            shares = simple(1.0 / ratio)
            found.append(Happening(time_ns, Action.SPLIT, shares.numerator, shares.denominator))
        paid = one.close * (1.0 - one.price / following.price)
        if one.close > 0 and paid > one.close * FACTOR_DIGIT / following.price:
            error = one.close * 2.0 * FACTOR_DIGIT / following.price
            found.append(Happening(time_ns, Action.CASH_DIVIDEND, amount=_cash(paid, error)))
    return found


def renames(names: Sequence[Name]) -> list[Happening]:
    """Changes of the ticker, and the end of its life if that is told."""
    found = [
        Happening(_after(one.day), Action.RENAME)
        for one, following in pairwise(names)
        if one.ticker != following.ticker
    ]
    if names and names[-1].day < FAR:
        found.append(Happening(_after(names[-1].day), Action.DELISTING))
    return found


def actions_block(happenings: Iterable[tuple[int, Happening]]) -> Block:
    """Rows of `corporate_actions` for (instrument, happening) pairs, known when they happen."""
    rows = sorted(happenings, key=lambda row: (row[1].time_ns, row[0], row[1].action))
    columns = {
        "event_time_ns": [happening.time_ns for _, happening in rows],
        "instrument": [number for number, _ in rows],
        "action": [happening.action for _, happening in rows],
        "numerator": [happening.numerator for _, happening in rows],
        "denominator": [happening.denominator for _, happening in rows],
        "amount": [happening.amount for _, happening in rows],
        "as_of_ns": [happening.time_ns for _, happening in rows],
    }
    last = rows[-1][1].time_ns if rows else 0
    return CORPORATE_ACTIONS.block(columns, watermark_ns=last)


def simple(ratio: float) -> Fraction:
    """The simplest fraction that a ratio of rounded factors can mean."""
    for most in (1, 2, 3, 4, 5, 10, 20, 50, 1_000):
        found = Fraction(ratio).limit_denominator(most)
        if found > 0 and abs(float(found) / ratio - 1.0) <= SPLIT_ERROR:
            return found
    return Fraction(ratio).limit_denominator(1_000_000)


def _cash(amount: float, error: float) -> int:
    """Millionths: the fewest decimals that the factors' own rounding allows."""
    for decimals in (2, 3, 4, 5):
        told = round(amount, decimals)
        if abs(told - amount) <= error:
            return round(told * MICRO)
    return round(amount * MICRO)


def _day(text: str) -> dt.date:
    digits = text.strip()
    return dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))


def _after(day: dt.date) -> int:
    return local_midnight(day + dt.timedelta(days=1), NEW_YORK)
