"""LEAN's text as ticks: times right on every day of the year, bits kept, nothing rounded."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from services.ingest.lean.rows import (
    SUSPICIOUS,
    instrument,
    local_midnight,
    parse_bars,
    parse_daily,
    parse_quote_bars,
    parse_quote_ticks,
    parse_trade_ticks,
    utc,
)
from shared.failures import BadInput, Refused
from shared.time import MINUTE_NS, SECOND_NS

NEW_YORK = "America/New_York"
IBM = instrument(3, "ibm", "equity")
DAY = dt.date(2013, 10, 7)
OPEN_NS = 34_200 * SECOND_NS


def text_of(times: npt.NDArray[Any]) -> list[str]:
    return [str(time) for time in times.astype("datetime64[ns]").astype("datetime64[s]")]


@pytest.mark.parametrize(
    ("day", "half_past_nine"),
    [
        (dt.date(2013, 10, 7), "2013-10-07T13:30:00"),
        (dt.date(2013, 1, 7), "2013-01-07T14:30:00"),
        (dt.date(2014, 3, 10), "2014-03-10T13:30:00"),
        (dt.date(2005, 4, 1), "2005-04-01T14:30:00"),
    ],
)
def test_times_are_the_wall_clock_of_new_york(day: dt.date, half_past_nine: str) -> None:
    assert text_of(utc(day, np.array([OPEN_NS]), NEW_YORK)) == [half_past_nine]


def test_on_the_days_when_the_clock_is_moved_each_hour_has_its_own_shift() -> None:
    hours = np.array([1, 3, 12]) * 3_600 * SECOND_NS

    spring, autumn = utc(dt.date(2014, 3, 9), hours, NEW_YORK), utc(dt.date(2013, 11, 3), hours, NEW_YORK)

    assert text_of(spring) == ["2014-03-09T06:00:00", "2014-03-09T07:00:00", "2014-03-09T16:00:00"]
    assert text_of(autumn) == ["2013-11-03T05:00:00", "2013-11-03T08:00:00", "2013-11-03T17:00:00"]


def test_a_trade_keeps_its_sale_conditions_as_bits() -> None:
    text = b"14430270,1815200,283,P,20002020,0\n14450472,1818000,500,P,80000001,1\n"

    found = parse_trade_ticks(text, DAY, "equity", IBM)

    assert found["price"].tolist() == [1_815_200, 1_818_000]
    assert found["size"].tolist() == [283, 500]
    assert found["conditions"].tolist() == [0x20002020, SUSPICIOUS | 1]
    assert found["instrument"].tolist() == [3, 3]
    assert text_of(found["event_time_ns"]) == ["2013-10-07T08:00:30", "2013-10-07T08:00:50"]


def test_a_quote_of_one_side_leaves_the_other() -> None:
    text = b"1,0,0,1836300,100,Q,1,0\n2,1800100,300,0,0,P,1,0\n3,0,0,1818000,3000,P,1,0\n"

    found = parse_quote_ticks(text, DAY, "equity", IBM)

    assert found["bid"].tolist() == [0, 1_800_100, 1_800_100]
    assert found["ask"].tolist() == [1_836_300, 1_836_300, 1_818_000]
    assert found["bid_size"].tolist() == [0, 300, 300]
    assert found["ask_size"].tolist() == [100, 100, 3_000]


def test_a_minute_is_told_at_its_last_nanosecond() -> None:
    found = parse_bars(b"34200000,10,12,9,11,5\n", DAY, "equity", "minute", IBM)

    start = local_midnight(DAY, NEW_YORK) + OPEN_NS
    assert found["event_time_ns"].tolist() == [start + MINUTE_NS - 1]
    assert [found[name][0] for name in ("open", "high", "low", "price", "size")] == [10, 12, 9, 11, 5]


def test_a_bar_of_quotes_gives_its_closing_quote() -> None:
    found = parse_quote_bars(b"0,1,4,1,3,30,5,9,5,8,70\n", DAY, "equity", "second", IBM)

    assert [found[name][0] for name in ("bid", "bid_size", "ask", "ask_size")] == [3, 30, 8, 70]


def test_a_blank_side_is_no_side() -> None:
    found = parse_quote_bars(b"0,,,,,,5,9,5,8,70\n", DAY, "equity", "second", IBM)

    assert (found["bid"].tolist(), found["ask"].tolist()) == ([0], [8])


def test_a_day_is_told_before_the_close_in_new_york() -> None:
    found = parse_daily(b"20131007 00:00,10,12,9,11,5\n20140107 00:00,10,12,9,11,5\n", "equity", IBM)

    assert text_of(found["event_time_ns"] + 1) == ["2013-10-07T20:00:00", "2014-01-07T21:00:00"]


def test_prices_of_other_markets_are_decimal() -> None:
    coin = instrument(1, "btcusd", "crypto")
    found = parse_daily(b"20141203 00:00,377.9,378,377.01,378,0.54660842\n", "crypto", coin)

    assert found["open"].tolist() == [37_790]
    assert found["size"].tolist() == [54_660_842]
    assert text_of(found["event_time_ns"] + 1) == ["2014-12-04T00:00:00"]


def test_terms_follow_the_asset_class() -> None:
    future = instrument(1, "es", "future")

    assert (future.multiplier, IBM.tick, IBM.calendar) == (Decimal(50), Decimal("0.0001"), "XNYS")


@pytest.mark.parametrize("text", [b"1,2,3\n", b"a,b,c,d,e,f\n", b"1,1,1,1,1,1\n2,1\n"])
def test_text_that_is_no_bars_is_refused(text: bytes) -> None:
    with pytest.raises(BadInput, match="LEAN"):
        parse_bars(text, DAY, "equity", "minute", IBM)


def test_conditions_and_dates_that_are_none_are_refused() -> None:
    with pytest.raises(BadInput, match="conditions"):
        parse_trade_ticks(b"1,2,3,P,xyz,0\n", DAY, "equity", IBM)
    with pytest.raises(BadInput, match="dates"):
        parse_daily(b"yesterday,10,12,9,11,5\n", "equity", IBM)


def test_a_price_that_cannot_be_kept_is_refused() -> None:
    with pytest.raises(Refused, match="kept"):
        parse_daily(b"20141203 00:00,1e300,378,377.01,378,0.5\n", "crypto", instrument(1, "x", "crypto"))
