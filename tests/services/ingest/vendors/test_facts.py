"""News and numbers of companies, each with the time from which it was known."""

from __future__ import annotations

import pytest

from services.ingest.vendors.facts import day_text, finnhub_facts, finnhub_news, yahoo_facts, yahoo_news
from shared.failures import BadInput

STORY = {"datetime": 1_700_000_000, "headline": " Up ", "id": 7, "source": "Wire", "url": "u", "summary": "s"}
YAHOO = {
    "id": "a",
    "content": {
        "title": "Up",
        "summary": "s",
        "pubDate": "2023-11-14T22:13:20Z",
        "provider": {"displayName": "Wire"},
        "canonicalUrl": {"url": "u"},
    },
}


def test_news_comes_in_order_and_each_item_once() -> None:
    earlier = {**STORY, "id": 6, "datetime": 1_600_000_000}
    news = finnhub_news([STORY, earlier, STORY], "AAPL")
    assert [(item.number, item.headline) for item in news] == [("6", "Up"), ("7", "Up")]
    assert news[1].time_ns == 1_700_000_000_000_000_000


def test_both_vendors_say_the_same_in_the_same_words() -> None:
    (ours,), (theirs,) = finnhub_news([STORY], "AAPL"), yahoo_news([YAHOO], "AAPL")
    for name in ("symbol", "time_ns", "headline", "summary", "source", "url"):
        assert getattr(ours, name) == getattr(theirs, name)


def test_a_number_is_known_from_the_time_it_was_asked_for() -> None:
    facts = finnhub_facts({"metric": {"beta": 1.2, "name": "x", "odd": None, "yes": True}}, "AAPL", 99)
    assert [(fact.name, fact.value, fact.as_of_ns) for fact in facts] == [("beta", 1.2, 99)]
    assert facts[0].known_ns == 99
    facts = yahoo_facts({"marketCap": 10, "beta": float("inf"), "longName": "Apple"}, "AAPL", 99)
    assert [(fact.name, fact.value) for fact in facts] == [("marketCap", 10.0)]


def test_an_item_without_a_number_gets_one_from_what_it_says() -> None:
    nameless, later = {**STORY, "id": 0}, {**STORY, "id": 0, "datetime": 1_700_000_001}
    first, second = finnhub_news([nameless, nameless, later], "AAPL")
    assert first.number != second.number
    assert finnhub_news([nameless], "MSFT")[0].number == first.number


@pytest.mark.parametrize("answer", [None, "x", {"error": "no"}, [{"headline": "no time"}], [1]])
def test_nonsense_is_refused(answer: object) -> None:
    with pytest.raises(BadInput):
        finnhub_news(answer, "AAPL")
    with pytest.raises(BadInput):
        yahoo_news(answer, "AAPL")
    with pytest.raises(BadInput):
        finnhub_facts(answer, "AAPL", 0)


def test_an_empty_summary_is_nonsense() -> None:
    with pytest.raises(BadInput, match="is empty"):
        yahoo_facts({}, "AAPL", 0)


def test_vendors_want_days_as_text() -> None:
    assert day_text(1_700_000_000_000_000_000) == "2023-11-14"
