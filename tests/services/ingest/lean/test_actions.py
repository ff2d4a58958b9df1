"""Factor and map files as corporate actions."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import numpy as np
import pytest

from services.ingest.lean.actions import (
    Happening,
    actions_block,
    parse_factors,
    parse_names,
    renames,
    simple,
    splits_and_dividends,
    ticker_on,
)
from shared.actions import Action
from shared.failures import BadInput
from shared.streams import CORPORATE_ACTIONS

APPLE = """20120808,0.8613657,0.0357143,619.86
20121106,0.8650639,0.0357143,582.86
20140606,0.8793862,0.142857,645.57
20501231,0.8793862,1,0
"""


def day_of(happening: Happening) -> str:
    return str(np.datetime64(happening.time_ns, "ns").astype("datetime64[s]"))


def test_a_dividend_is_what_the_factor_says_of_the_last_close() -> None:
    first = splits_and_dividends(parse_factors(APPLE))[0]

    assert first.action == Action.CASH_DIVIDEND
    assert first.amount == 2_650_000
    assert day_of(first) == "2012-08-09T04:00:00"


def test_a_split_is_the_ratio_of_two_factors() -> None:
    found = [row for row in splits_and_dividends(parse_factors(APPLE)) if row.action == Action.SPLIT]

    assert [(row.numerator, row.denominator) for row in found] == [(4, 1), (7, 1)]
    assert day_of(found[1]) == "2014-06-07T04:00:00"


@pytest.mark.parametrize(
    ("ratio", "meant"),
    [
        (7.000007, Fraction(7)),
        (0.2499999, Fraction(1, 4)),
        (1.50001, Fraction(3, 2)),
        (1.0483, Fraction(65, 62)),
    ],
)
def test_a_ratio_of_rounded_factors_means_the_simplest_fraction(ratio: float, meant: Fraction) -> None:
    assert abs(float(simple(ratio)) / float(meant) - 1.0) < 5e-4
    assert simple(ratio).denominator <= meant.denominator


def test_a_name_holds_up_to_and_including_its_day() -> None:
    names = parse_names("20041112,nwsa,Q\n20130628,nwsa,Q\n20190318,foxa,Q\n20190320,tfcfa,Q\n")

    tickers = [ticker_on(names, dt.date(*day)) for day in ((2013, 6, 28), (2013, 6, 29), (2019, 3, 19))]

    assert tickers == ["nwsa", "foxa", "tfcfa"]
    assert ticker_on(names, dt.date(2020, 1, 1)) is None
    assert ticker_on(names, dt.date(2000, 1, 1)) is None


def test_renames_and_the_end_of_a_life_are_told() -> None:
    names = parse_names("20041112,nwsa,Q\n20130628,nwsa,Q\n20190318,foxa,Q\n20190320,tfcfa,Q\n")
    alive = parse_names("19980102,aapl,Q\n20501231,aapl,Q\n")

    assert [row.action for row in renames(names)] == [Action.RENAME, Action.RENAME, Action.DELISTING]
    assert renames(alive) == []


def test_actions_are_rows_in_time_order() -> None:
    rows = splits_and_dividends(parse_factors(APPLE))

    block = actions_block([(2, rows[1]), (1, rows[0])])

    assert block.stream is CORPORATE_ACTIONS
    assert block["instrument"].tolist() == [1, 2]
    assert block["as_of_ns"].tolist() == block["event_time_ns"].tolist()


@pytest.mark.parametrize("text", ["20120808,x,1,1\n", "soon,1,1,1\n", "20120808\n"])
def test_a_line_that_is_no_factor_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="factor file"):
        parse_factors(text)


def test_a_line_that_is_no_name_is_refused() -> None:
    with pytest.raises(BadInput, match="map file"):
        parse_names("soon,abc\n")
