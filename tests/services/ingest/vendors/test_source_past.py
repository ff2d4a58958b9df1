"""Every vendor of past bars through its real library, against a server on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.ingest.feeds.plan import FeedKeys
from services.ingest.vendors.past_plan import Span
from services.ingest.vendors.source_past import VENDORS, Desk, past_vendor
from shared.failures import Refused
from shared.time import DAY_NS, iso
from tests.fixtures.past_venues import UTC_S, past_venue

KEYS = FeedKeys("k", "s", "p", "f")
START = UTC_S * 10**9
WEEK = Span(START, START + 5 * DAY_NS)
SYMBOLS = {"binance": "BTCUSDT", "coinbase": "BTC-USD"}
LIBRARIES = {"yahoo": "yfinance", "polygon": "massive", "binance": "httpx", "coinbase": "httpx"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """What every vendor is asked with."""
    return Desk(print, KEYS, tmp_path / "cache")


@pytest.mark.parametrize("name", sorted(VENDORS))
def test_the_same_week_comes_from_every_vendor(name: str, desk: Desk) -> None:
    pytest.importorskip(LIBRARIES.get(name, name), reason=f"the {name} extra is not installed")
    with past_venue() as (url, _):
        vendor = past_vendor(name, desk._replace(url=url))
        row = vendor.describe(SYMBOLS.get(name, "AAPL"))
        bars = vendor.bars(row, "day", WEEK).bars
        part = vendor.bars(row, "day", Span(START + DAY_NS, START + 3 * DAY_NS)).bars
    assert bars["price"].tolist() == [10_100, 10_200, 10_300, 10_400, 10_500]
    assert part["price"].tolist() == [10_200, 10_300]
    end = "2021-10-12T00:00" if name in SYMBOLS else "2021-10-11T20:00"
    assert iso(int(bars["event_time_ns"][0]) + 1)[:16] == end
    assert set(bars["kind"].tolist()) == {3}


@pytest.mark.parametrize("name", sorted(SYMBOLS))
def test_a_symbol_that_a_venue_does_not_know_is_refused_in_words(name: str, desk: Desk) -> None:
    pytest.importorskip("httpx", reason="the binance extra is not installed")
    with past_venue() as (url, _), pytest.raises(Refused, match="has no"):
        past_vendor(name, desk._replace(url=url)).describe("NOPE")


def test_a_symbol_that_yahoo_does_not_know_has_no_bars(desk: Desk) -> None:
    pytest.importorskip("yfinance", reason="the yahoo extra is not installed")
    with past_venue() as (url, _):
        yahoo = past_vendor("yahoo", desk._replace(url=url))
        with pytest.raises(Refused, match="knows no symbol NOPE"):
            yahoo.bars(yahoo.describe("NOPE"), "day", WEEK)
        with pytest.raises(Refused, match="days only"):
            yahoo.bars(yahoo.describe("AAPL"), "minute", WEEK)


def test_an_unknown_vendor_is_refused(desk: Desk) -> None:
    with pytest.raises(Refused, match="there are yahoo, alpaca"):
        past_vendor("acme", desk)
