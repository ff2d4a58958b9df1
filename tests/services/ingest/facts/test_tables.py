"""Tables of companies: what can be believed is read, the rest is counted by reason."""

from __future__ import annotations

import pytest

from services.ingest.facts.tables import companies, headlines
from shared.failures import Refused
from shared.market import SECTORS
from shared.time import DAY_NS

DAY = 17_570 * DAY_NS


def row(**told: str) -> dict[str, str]:
    return {name.replace("_", " "): text for name, text in told.items()}


def test_columns_are_found_by_their_names_or_synonyms() -> None:
    table = [{"symbol": "A", "price/earnings": "24.31", "Market Cap".lower(): "1,000", "sec filings": "http"}]
    read = companies(table, {}, DAY)
    assert [(one.name, one.value) for one in read.numbers] == [("pe_ratio", 24.31), ("market_cap", 1000.0)]
    assert {(one.as_of_ns, one.known_ns, one.vendor) for one in read.numbers} == {(DAY, DAY + DAY_NS, "file")}


def test_a_days_column_wants_the_day_on_which_it_was_known() -> None:
    quarter = {"symbol": "A", "eps": "1", "period_end": "2018-01-31", "filed": "2018-03-01"}
    (one,) = companies([quarter], {}).numbers
    assert (one.known_ns - one.as_of_ns) // DAY_NS == 30
    del quarter["filed"]
    with pytest.raises(Refused, match="from when on these numbers were known"):
        companies([quarter], {})


def test_what_cannot_be_is_counted_by_reason_and_empty_is_nothing() -> None:
    table = [
        {
            "symbol": "A",
            "eps": "x",
            "sector": "Nowhere",
            "market_cap": "-5",
            "pe_ratio": "",
            "known": "2018-02-08",
        },
        {
            "symbol": "B",
            "eps": "nan",
            "sector": "Health Care",
            "market_cap": "5",
            "pe_ratio": "1",
            "known": "soon",
        },
        {
            "symbol": "C",
            "eps": "",
            "sector": "Health Care",
            "market_cap": "",
            "pe_ratio": "",
            "known": "2018-02-08",
        },
    ]
    read = companies(table, {})
    assert [(one.name, one.value) for one in read.numbers] == [("sector", SECTORS.index("Healthcare"))]
    assert read.faults == {
        "eps is no number": 1, "an unknown sector": 1, "market_cap cannot be": 1, "a day that is none": 1,
    }  # fmt: skip


def test_a_scale_says_in_which_units_a_column_is() -> None:
    (one,) = companies([{"symbol": "A", "dividend yield": "2.3"}], {"dividend_yield": 0.01}, DAY).numbers
    assert one.value == pytest.approx(0.023)


def test_columns_that_have_changed_places_are_said_and_read_as_each_other() -> None:
    table = [row(symbol=name, **{"52_week_low": "9", "52_week_high": "5"}) for name in "ABC"]
    read = companies(table, {}, DAY)
    assert read.notes == (
        "52 week low and 52 week high are swapped in 3 of 3 rows; each was read as the other",
    )
    assert {(one.name, one.value) for one in read.numbers} == {
        ("fifty_two_week_low", 5.0),
        ("fifty_two_week_high", 9.0),
    }


@pytest.mark.parametrize("table", [[], [{"a": "1"}], [{"symbol": "A", "colour": "red"}], [{"eps": "1"}]])
def test_a_table_of_something_else_is_refused(table: list[dict[str, str]]) -> None:
    with pytest.raises(Refused, match="wanted a column symbol and numbers"):
        companies(table, {}, DAY)


def test_items_of_news_want_a_symbol_a_time_and_words() -> None:
    table = [
        {"symbol": "A", "time": "2023-11-14T22:13:20Z", "headline": " Up ", "id": "7", "url": "u"},
        {"symbol": "A", "published": "1700000000", "title": "Up"},
        {"symbol": "A", "time": "yesterday", "title": "Up"},
        {"symbol": "", "time": "1700000000", "title": "Up"},
        {"symbol": "A", "time": "1700000000", "title": ""},
    ]
    read = headlines(table, "file", 99)
    assert [(one.headline, one.time_ns, one.seen_ns) for one in read.headlines] == [
        ("Up", 17 * 10**17, 99)
    ] * 2
    assert (read.headlines[0].number, len(read.headlines[1].number), read.rows) == ("7", 16, 5)
    assert sum(read.faults.values()) == 3
