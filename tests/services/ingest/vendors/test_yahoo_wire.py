"""Yahoo's table becomes bars and corporate actions; a bad day is left out and said."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from services.ingest.feeds.source_alpaca import us_equities
from services.ingest.files.steps import terms_of
from services.ingest.vendors.yahoo_wire import Day, as_traded, daily
from shared.time import iso

TERMS = terms_of(us_equities(["AAPL"], "YAHOO"))["AAPL"]
NEW_YORK = ZoneInfo("America/New_York")
GOOD = {"Open": 10.0, "High": 12.0, "Low": 9.5, "Close": 11.235, "Volume": 1e6, "Adj Close": 9.0}


def day(number: int, **numbers: float) -> Day:
    named = {name.replace("_", " "): value for name, value in numbers.items()}
    return Day(dt.datetime(2020, 8, number, tzinfo=NEW_YORK), {**GOOD, **named})


def test_a_day_is_a_bar_just_before_the_exchanges_close() -> None:
    bars = daily([day(28)], TERMS).bars
    assert iso(int(bars["event_time_ns"][0]) + 1) == "2020-08-28T20:00:00.000000000Z"
    assert (bars["open"][0], bars["high"][0], bars["low"][0], bars["size"][0]) == (1000, 1200, 950, 1_000_000)
    assert bars["price"][0] == 1124


def test_splits_and_dividends_are_actions_at_the_start_of_their_day() -> None:
    actions = daily([day(28), day(31, Stock_Splits=4.0), day(30, Dividends=0.82)], TERMS).actions
    assert actions["action"].tolist() == [2, 1]
    assert (actions["numerator"][1], actions["denominator"][1]) == (4, 1)
    assert actions["amount"].tolist() == [820_000, 0]
    assert iso(int(actions["event_time_ns"][1])) == "2020-08-31T04:00:00.000000000Z"
    assert (actions["as_of_ns"] == actions["event_time_ns"]).all()


def test_a_split_of_an_odd_ratio_is_a_ratio_of_whole_numbers() -> None:
    actions = daily([day(28, Stock_Splits=1.5), day(31, Stock_Splits=1 / 30)], TERMS).actions
    assert list(zip(actions["numerator"], actions["denominator"], strict=True)) == [(3, 2), (1, 30)]


def test_a_bad_day_is_left_out_and_said() -> None:
    nan = float("nan")
    found = daily([day(27, Close=nan), day(28), day(29, High=1.0), day(30, Low=0.0)], TERMS)
    assert len(found.bars) == 1
    assert found.notes == ("3 of 4 days have no four good prices",)


def test_a_table_without_a_zone_ends_with_its_utc_day() -> None:
    bars = daily([Day(dt.datetime(2020, 8, 28), GOOD)], TERMS).bars  # noqa: DTZ001 - a table without a zone
    assert iso(int(bars["event_time_ns"][0]) + 1) == "2020-08-29T00:00:00.000000000Z"


def test_no_days_are_no_rows() -> None:
    found = daily([], TERMS)
    assert len(found.bars) == len(found.actions) == 0


def test_prices_are_undone_by_every_later_split_and_by_no_earlier_one() -> None:
    table = [day(27, Dividends=0.1), day(28, Stock_Splits=2.0), day(29), day(31, Stock_Splits=4.0)]
    first, second, third, last = as_traded(table)
    assert [one.numbers["Close"] for one in (first, second, third, last)] == [89.88, 44.94, 44.94, 11.235]
    assert [one.numbers["Volume"] for one in (first, second, third, last)] == [125_000, 250_000, 250_000, 1e6]
    assert first.numbers["Dividends"] == pytest.approx(0.8)
    assert second.numbers["Stock Splits"] == 2.0
