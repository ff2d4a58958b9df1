"""Facts are known from their own time on; a restated old quarter says nothing about today."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.facts.companies import (
    FINNHUB,
    VENDORS,
    YAHOO,
    company_facts,
    news_facts,
    not_in,
    vix_facts,
    yield_facts,
)
from services.ingest.facts.index_files import Yields
from services.ingest.feeds.events import Candle
from services.ingest.feeds.rows import Received, ticks_block
from services.ingest.vendors.facts import YAHOO_FACTS
from shared.facts import FactRows, Field
from shared.store.rows import Fundamental, Headline

IDS = {"A": 1, "B": 2}


def told(
    value: float, as_of: int, known: int, symbol: str = "A", name: str = "eps", vendor: str = "file"
) -> Fundamental:
    return Fundamental(vendor=vendor, symbol=symbol, name=name, as_of_ns=as_of, known_ns=known, value=value)


def rows_of(rows: FactRows) -> list[tuple[int, int, int, float]]:
    block = rows.block()
    return list(zip(*(block[name].tolist() for name in block.stream.names), strict=True))


def test_a_number_counts_from_when_it_was_known_and_a_restatement_from_when_that_was() -> None:
    rows, bad = company_facts([told(1.0, 10, 20), told(2.0, 30, 40), told(2.5, 30, 50)], IDS)
    assert (rows_of(rows), bad) == (
        [(20, 1, Field.EPS, 1.0), (40, 1, Field.EPS, 2.0), (50, 1, Field.EPS, 2.5)],
        0,
    )


def test_the_restatement_of_an_old_quarter_says_nothing_about_today() -> None:
    rows, _ = company_facts([told(1.0, 10, 20), told(1.0, 30, 40), told(0.5, 10, 50)], IDS)
    assert rows_of(rows) == [(20, 1, Field.EPS, 1.0)]


def test_what_is_told_again_is_no_news_and_strangers_are_left_out() -> None:
    rows, _ = company_facts([told(1.0, 10, 20), told(1.0, 30, 40), told(9.0, 10, 20, "Z")], IDS)
    assert len(rows) == 1


def test_of_two_vendors_the_first_counts_field_by_field() -> None:
    yahoo = [
        told(20.0, 1, 2, name="trailingPE", vendor="yahoo"),
        told(1.5, 1, 2, name="trailingEps", vendor="yahoo"),
    ]
    finnhub = [told(25.0, 5, 6, name="peTTM", vendor="finnhub")]
    rows, _ = company_facts([*yahoo, *finnhub], IDS)
    assert rows_of(rows) == [(2, 1, Field.EPS, 1.5), (6, 1, Field.PE_RATIO, 25.0)]


def test_vendors_units_are_ours() -> None:
    rows, bad = company_facts(
        [
            told(154.5, 1, 2, name="debtToEquity", vendor="yahoo"),
            told(0.44, 1, 2, name="dividendYield", vendor="yahoo"),
            told(3_000_000.0, 1, 2, "B", "marketCapitalization", "finnhub"),
            told(147.0, 1, 2, "B", "roeTTM", "finnhub"),
            told(-5.0, 1, 2, "B", "currentRatioQuarterly", "finnhub"),
        ],
        IDS,
    )
    found = {(subject, field): value for _, subject, field, value in rows_of(rows)}
    assert found == {
        (1, Field.DEBT_TO_EQUITY): pytest.approx(1.545),
        (1, Field.DIVIDEND_YIELD): pytest.approx(0.0044),
        (2, Field.MARKET_CAP): 3e12,
        (2, Field.RETURN_ON_EQUITY): pytest.approx(1.47),
    }
    assert bad == 1


@given(
    st.lists(st.tuples(st.floats(-9, 9), st.integers(1, 9), st.integers(1, 9)), max_size=20),
    st.integers(0, 10),
)
def test_nothing_told_later_changes_what_was_known_before(
    facts: list[tuple[float, int, int]], cut: int
) -> None:
    once = {(as_of, known): told(value, as_of, known) for value, as_of, known in facts}
    early = [row for row in once.values() if row.known_ns <= cut]
    whole = rows_of(company_facts(once.values(), IDS)[0])
    assert rows_of(company_facts(early, IDS)[0]) == [row for row in whole if row[0] <= cut]


def test_every_name_that_is_asked_for_is_known_or_kept_for_people() -> None:
    assert set(YAHOO) <= set(YAHOO_FACTS)
    assert all(math.isfinite(name.scale) for names in VENDORS.values() for name in names.values())
    assert len({name.field for name in FINNHUB.values()}) == len(FINNHUB)


def test_news_is_known_when_it_is_published() -> None:
    item = Headline(vendor="v", symbol="B", number="1", time_ns=5, headline="x", tone=-0.5, seen_ns=99)
    assert rows_of(news_facts([item, item], IDS)) == [(5, 2, Field.SENTIMENT, -0.5)] * 2
    assert not len(news_facts([item], {}))


def test_the_market_is_known_when_its_day_is_over_and_its_yields_once_they_are_out() -> None:
    vix = ticks_block([Received(9, 0, Candle(1, 9, 1500, 1700, 1400, 1650, 0))])
    assert rows_of(vix_facts(vix)) == [(10, 0, Field.VIX, 16.5)]
    curve = Yields(np.array([7, 8]), (24, 120), np.array([[1, 44_100], [1, -1]]), ())
    assert rows_of(yield_facts(curve)) == [(7, 0, Field.TREASURY_YIELD, 0.0441)]


def test_only_rows_that_are_not_there_are_new() -> None:
    both, one = FactRows(), FactRows()
    for rows in (both, one):
        rows.add(1, 1, Field.EPS, 1.0)
    both.add(2, 1, Field.EPS, 2.0)
    assert not_in(both.block(), one.block())["event_time_ns"].tolist() == [2]
    assert not len(not_in(one.block(), both.block()))
