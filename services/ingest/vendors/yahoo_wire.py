"""Yahoo's daily table as bars and corporate actions: pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final, NamedTuple

import numpy as np

from services.ingest.feeds.amounts import steps_of
from services.ingest.feeds.events import Candle
from services.ingest.feeds.rows import Received, ticks_block
from services.ingest.files.steps import Terms
from shared.block import Block
from shared.failures import BadInput
from shared.streams import CORPORATE_ACTIONS
from shared.time import BEFORE_TAPE, DAY_NS, SECOND_NS

PRICES: Final = ("Open", "High", "Low", "Close")
SPLIT: Final = 1
DIVIDEND: Final = 2
FINEST: Final = 1_000
"""Splits are ratios of whole numbers up to here."""
CLOSE: Final = dt.time(16, 0)


class Day(NamedTuple):
    """One row of the table: its day at the exchange, and its numbers by column."""

    start: dt.datetime
    numbers: Mapping[str, float]


class Daily(NamedTuple):
    """Bars, and what the company did to its shares; what was wrong is said."""

    bars: Block
    actions: Block
    notes: tuple[str, ...]


def daily(days: Sequence[Day], terms: Terms) -> Daily:
    """The bars of these days; a day without four good prices is said and left out."""
    candles, actions, bad = [], [], 0
    for day in days:
        try:
            candles.append(_candle(day, terms))
        except BadInput:
            bad += 1
        actions += _actions(day, terms)
    rows = ticks_block([Received(candle.time_ns, 0, candle) for candle in candles])
    notes = (f"{bad} of {len(days)} days have no four good prices",) if bad else ()
    return Daily(rows, _actions_block(actions), notes)


def as_traded(days: Sequence[Day]) -> list[Day]:
    """The same days in the shares of their time: Yahoo counts all of them in those of today.

    The table must go on until today, or splits that came later are not known.
    """
    found, later = [], Fraction(1)
    for day in sorted(days, key=lambda day: day.start, reverse=True):
        found.append(day if later == 1 else Day(day.start, _scaled(day.numbers, float(later))))
        ratio = day.numbers.get("Stock Splits", 0.0)
        if ratio > 0:
            later *= Fraction(*_fraction(ratio))
    return found[::-1]


def _scaled(numbers: Mapping[str, float], later: float) -> dict[str, float]:
    scaled = {name: numbers[name] * later for name in (*PRICES, "Dividends") if name in numbers}
    return {**numbers, **scaled, "Volume": numbers.get("Volume", 0.0) / later}


def _candle(day: Day, terms: Terms) -> Candle:
    o, h, l, c = (steps_of(day.numbers.get(name, float("nan")), terms.price) for name in PRICES)
    if not 0 < l <= min(o, c) <= max(o, c) <= h:
        raise BadInput(f"{day.start:%Y-%m-%d}: low, open, close and high are not in order")
    volume = steps_of(day.numbers.get("Volume", 0.0), terms.size)
    return Candle(terms.instrument, _close_ns(day) - 1, o, h, l, c, volume)


def _actions(day: Day, terms: Terms) -> list[tuple[int, ...]]:
    """Effective at the start of the day; Yahoo does not say when they became known, so not before."""
    at = start_ns(day)
    found: list[tuple[int, ...]] = []
    ratio, cash = day.numbers.get("Stock Splits", 0.0), day.numbers.get("Dividends", 0.0)
    if ratio > 0:
        numerator, denominator = _fraction(ratio)
        found.append((at, terms.instrument, SPLIT, numerator, denominator, 0, at))
    if cash > 0:
        found.append((at, terms.instrument, DIVIDEND, 0, 0, round(cash * 1_000_000), at))
    return found


def _actions_block(rows: Sequence[tuple[int, ...]]) -> Block:
    if not rows:
        return CORPORATE_ACTIONS.empty(watermark_ns=BEFORE_TAPE)
    columns = zip(*rows, strict=True)
    named = {
        name: np.array(column, np.int64)
        for name, column in zip(CORPORATE_ACTIONS.names, columns, strict=True)
    }
    return CORPORATE_ACTIONS.block(named, watermark_ns=BEFORE_TAPE).sorted()


def _fraction(ratio: float) -> tuple[int, int]:
    exact = Fraction(ratio).limit_denominator(FINEST)
    return exact.numerator, exact.denominator


def start_ns(day: Day) -> int:
    """Where a day of the table begins."""
    return int(day.start.timestamp()) * SECOND_NS


def _close_ns(day: Day) -> int:
    """The exchange's close; where the table has no zone, the end of the UTC day."""
    if day.start.tzinfo is None:
        naive = day.start.replace(tzinfo=dt.UTC)
        return int(naive.timestamp()) * SECOND_NS + DAY_NS
    return int(day.start.replace(hour=CLOSE.hour, minute=CLOSE.minute).timestamp()) * SECOND_NS
