"""Headlines as a desk would read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.facts.sentiment import finance_words, scorer, tone

pytest.importorskip("vaderSentiment", reason="the news extra is not installed")

GOOD = (
    "Apple beats estimates, raises guidance",
    "Nvidia soars to all-time high after record earnings",
    "Analysts upgrade Microsoft to overweight",
    "Pfizer wins FDA approval for new cancer drug",
    "Exxon announces buyback and special dividend",
    "Ford profit tops expectations as growth accelerates",
    "Regulators approve merger; lawsuit dismissed",
)
BAD = (
    "Shares plunge after profit warning",
    "Enron files for Chapter 11 bankruptcy",
    "SEC opens probe into accounting irregularities at Acme",
    "Intel cuts guidance and suspends dividend",
    "Tesla misses estimates as margins shrink; shares tumble",
    "Moody's downgrades Ford debt to junk",
    "Boeing announces layoffs as deliveries slow",
)
PLAIN = (
    "Apple to hold annual shareholder meeting on Tuesday",
    "Vanguard Trust files quarterly report on its interest in Gross Energy shares",
    "United Defense names new vice president of securities",
    "",
)


@pytest.mark.parametrize("headline", GOOD)
def test_good_news_is_good(headline: str) -> None:
    assert tone(headline) > 0.3


@pytest.mark.parametrize("headline", BAD)
def test_bad_news_is_bad(headline: str) -> None:
    assert tone(headline) < -0.3


@pytest.mark.parametrize("headline", PLAIN)
def test_names_of_things_are_no_feelings(headline: str) -> None:
    assert abs(tone(headline)) < 0.1


def test_a_negation_turns_the_tone() -> None:
    assert tone("Acme is not bankrupt") > tone("Acme is bankrupt")


def test_a_phrase_counts_as_one_word_whatever_its_case() -> None:
    assert tone("PROFIT WARNING from Acme") < -0.4 < tone("Profit from Acme")


@given(st.text(max_size=300))
def test_any_text_has_a_tone_between_the_worst_and_the_best_and_always_the_same(headline: str) -> None:
    assert -1.0 <= tone(headline) == tone(headline) <= 1.0


def test_the_words_are_many_and_weigh_what_a_word_may() -> None:
    assert len(finance_words()) > 200
    assert all(-4.0 <= weight <= 4.0 for weight in finance_words().values())


def test_the_scorer_is_named_after_its_words() -> None:
    assert scorer().startswith("vader+")
