"""Finnhub's own client against a server on this machine."""

from __future__ import annotations

import json

import pytest

from services.ingest.vendors.facade import Vendor
from services.ingest.vendors.source_finnhub import Finnhub
from shared.failures import Refused
from tests.fixtures.feeds import LIMITS
from tests.fixtures.venues import Reply, TestWorld, rest_venue

pytest.importorskip("finnhub", reason="the finnhub extra is not installed")

JSON = (("Content-Type", "application/json"),)
STORY = {"datetime": 1_700_000_000, "headline": "Up", "id": 7}
NOW = 1_700_000_000_000_000_000


def vendor(world: TestWorld) -> Vendor:
    def nobody(path: str, params: object) -> None:
        raise AssertionError(path)

    return Vendor("finnhub", nobody, world.world(), LIMITS)  # type: ignore[arg-type]


def test_news_and_numbers_come_through_the_library() -> None:
    asked: list[tuple[str, dict[str, str]]] = []

    def answers(path: str, params: dict[str, str]) -> Reply:
        asked.append((path, params))
        told = [STORY] if "news" in path else {"metric": {"beta": 1.25}}
        return Reply(body=json.dumps(told).encode(), fields=JSON)

    with rest_venue(answers) as url:
        finnhub = Finnhub("k", vendor(TestWorld()), url)
        (story,) = finnhub.news("AAPL", NOW - 86_400 * 10**9, NOW)
        (fact,) = finnhub.facts("AAPL", NOW)
    assert (story.headline, fact.name, fact.value, fact.as_of_ns) == ("Up", "beta", 1.25, NOW)
    days = {"symbol": "AAPL", "from": "2023-11-13", "to": "2023-11-14", "token": "k"}
    assert asked[0][1] == days


@pytest.mark.parametrize(
    ("trouble", "count"),
    [
        (Reply(429, b'{"error":"API limit reached."}', (*JSON, ("Retry-After", "2"))), "throttled"),
        (Reply(502, b"bad gateway"), "broken"),
        (Reply(200, b'[{"datetime"', JSON, cut=True), "unreachable"),
        (Reply(200, b'[{"datetime"', JSON), "nonsense"),
        (Reply(200, b"<html>"), "nonsense"),
    ],
)
def test_trouble_costs_a_line_and_a_count_and_the_answer_comes(trouble: Reply, count: str) -> None:
    world = TestWorld()
    script = [trouble, Reply(body=json.dumps([STORY]).encode(), fields=JSON)]
    with rest_venue(lambda path, params: script.pop(0)) as url:
        finnhub = Finnhub("k", vendor(world), url)
        assert len(finnhub.news("AAPL", 0, NOW)) == 1
    assert getattr(finnhub.vendor.counts, count) == finnhub.vendor.counts.retries == len(world.said) == 1


def test_without_a_key_nobody_is_asked() -> None:
    with pytest.raises(Refused, match=r"set keys\.finnhub"):
        Finnhub("", vendor(TestWorld()))


def test_a_wrong_key_is_refused_with_the_mend() -> None:
    with rest_venue(lambda path, params: Reply(401, b'{"error":"Invalid API key."}', JSON)) as url:
        finnhub = Finnhub("k", vendor(TestWorld()), url)
        with pytest.raises(Refused, match="check the key"):
            finnhub.facts("AAPL", NOW)
