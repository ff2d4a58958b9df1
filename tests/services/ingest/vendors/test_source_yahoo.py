"""yfinance against a server on this machine, through a session that leads every host to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.ingest.feeds.source_alpaca import us_equities
from services.ingest.vendors.facade import Vendor, VendorCounts, first_answer
from services.ingest.vendors.source_yahoo import Yahoo, led_to
from shared.failures import BadInput, Refused, Unavailable
from shared.time import iso
from tests.fixtures.feeds import LIMITS
from tests.fixtures.venues import Reply, TestWorld, rest_venue

library = pytest.importorskip("yfinance", reason="the yahoo extra is not installed")

APPLE = next(iter(us_equities(["AAPL"], "YAHOO")))
JSON = (("Content-Type", "application/json"),)
START = 1_598_621_400
CHART = {
    "chart": {
        "result": [
            {
                "meta": {
                    "currency": "USD", "symbol": "AAPL", "exchangeName": "NMS", "instrumentType": "EQUITY",
                    "firstTradeDate": 345479400, "regularMarketTime": START, "gmtoffset": -14400,
                    "timezone": "EDT", "exchangeTimezoneName": "America/New_York", "priceHint": 2,
                    "dataGranularity": "1d", "range": "",
                    "validRanges": ["1d", "max"],
                },
                "timestamp": [START, START + 3 * 86_400],
                "events": {"splits": {str(START + 3 * 86_400): {
                    "date": START + 3 * 86_400, "numerator": 4.0, "denominator": 1.0, "splitRatio": "4:1"}}},
                "indicators": {
                    "quote": [{
                        "open": [126.01, 127.58], "high": [126.44, 131.0], "low": [124.57, 126.0],
                        "close": [124.80, 129.04], "volume": [187629600, 225702700]}],
                    "adjclose": [{"adjclose": [122.0, 126.0]}],
                },
            }
        ],
        "error": None,
    }
}  # fmt: skip


@pytest.fixture(autouse=True)
def _cache_of_its_own(tmp_path: Path) -> None:
    """The library keeps time zones and cookies in files."""
    library.set_tz_cache_location(str(tmp_path))


def yahoo(url: str, world: TestWorld | None = None) -> Yahoo:
    def nobody(path: str, params: object) -> None:
        raise AssertionError(path)

    vendor = Vendor("yahoo", nobody, (world or TestWorld()).world(), LIMITS)  # type: ignore[arg-type]
    return Yahoo(vendor, led_to(url))


def chart(path: str, params: dict[str, str]) -> Reply:
    """Two days of Apple, the second with its split."""
    if "chart" in path:
        return Reply(body=json.dumps(CHART).encode(), fields=JSON)
    return Reply(body=b"crumb")


def test_daily_bars_and_splits_come_through_the_library() -> None:
    with rest_venue(chart) as url:
        found = yahoo(url).bars(APPLE, START * 10**9, (START + 5 * 86_400) * 10**9)
    assert [iso(int(t) + 1)[:16] for t in found.bars["event_time_ns"]] == [
        "2020-08-28T20:00",
        "2020-08-31T20:00",
    ]
    assert found.bars["price"].tolist() == [49_920, 12_904], "as it traded: before the split at four times"
    assert found.bars["size"].tolist() == [46_907_400, 225_702_700]
    assert (found.actions["numerator"].tolist(), found.notes) == ([4], ())


@pytest.mark.parametrize(
    "trouble",
    [
        Reply(429, b"Too Many Requests"),
        Reply(500, b"oops"),
        Reply(200, b"<html>"),
        Reply(200, b'{"chart', cut=True),
    ],
)
def test_trouble_is_survived_and_every_repeat_is_said(trouble: Reply) -> None:
    world, script = TestWorld(), [trouble]

    def answers(path: str, params: dict[str, str]) -> Reply:
        return script.pop() if "chart" in path and script else chart(path, params)

    with rest_venue(answers) as url:
        vendor = yahoo(url, world)
        assert len(vendor.bars(APPLE, START * 10**9, (START + 5 * 86_400) * 10**9).bars) == 2
    counts = vendor.vendor.counts
    assert (counts.answers, counts.retries) == (1, len(world.said))


def test_a_vendor_that_stays_down_is_one_clear_error_and_the_next_one_is_asked() -> None:
    said, counts = list[str](), VendorCounts()
    with rest_venue(lambda path, params: Reply(500, b"oops")) as url:
        with pytest.raises((Unavailable, BadInput), match=r"^yahoo daily bars of AAPL"):
            yahoo(url).bars(APPLE, 0, 10**18)
        asked = [("yahoo", lambda: len(yahoo(url).news("AAPL"))), ("finnhub", lambda: 7)]
        assert first_answer(asked, counts, said.append) in {0, 7}


def test_an_answer_that_says_nothing_is_not_kept_by_the_library() -> None:
    world, left = TestWorld(), [Reply(200, b"<html>")]

    def answers(path: str, params: dict[str, str]) -> Reply:
        return left.pop() if "chart" in path and left else chart(path, params)

    with rest_venue(answers) as url:
        assert len(yahoo(url, world).bars(APPLE, START * 10**9, (START + 5 * 86_400) * 10**9).bars) == 2
    assert left == [], "each attempt asked anew"


def test_a_refusal_is_told_with_its_status_and_not_tried_again() -> None:
    world = TestWorld()
    denied = Reply(401, b'{"finance":{"error":"Unauthorized"}}', JSON)
    with (
        rest_venue(lambda path, params: denied) as url,
        pytest.raises(Refused, match=r"answered 401: .*Unauthorized"),
    ):
        yahoo(url, world).bars(APPLE, 0, 10**18)
    assert world.said == []


def test_a_busy_yahoo_says_how_long_to_wait() -> None:
    world, left = TestWorld(), [Reply(429, b"slow", (("Retry-After", "30"),))]

    def answers(path: str, params: dict[str, str]) -> Reply:
        return left.pop() if "chart" in path and left else chart(path, params)

    with rest_venue(answers) as url:
        yahoo(url, world).bars(APPLE, START * 10**9, (START + 5 * 86_400) * 10**9)
    assert sum(world.slept) >= 30


def test_news_is_asked_for_again_and_says_what_was_wrong() -> None:
    world, left = TestWorld(), [Reply(503, b"<html>Will be right back</html>")]
    content = {"title": "Profit warning", "pubDate": "2023-11-14T22:13:20Z"}
    stream = {"data": {"tickerStream": {"stream": [{"id": "a", "content": content}]}}}

    def answers(path: str, params: dict[str, str]) -> Reply:
        if "ncp" not in path:
            return chart(path, params)
        return left.pop() if left else Reply(body=json.dumps(stream).encode(), fields=JSON)

    with rest_venue(answers) as url:
        (item,) = yahoo(url, world).news("AAPL")
    assert item.headline == "Profit warning"
    assert world.said == ["yahoo news of AAPL answered 503: Will be right back; attempt 1 of 2"]
