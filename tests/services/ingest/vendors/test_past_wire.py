"""Bars of the past as vendors write them."""

from __future__ import annotations

import pytest

from services.ingest.feeds.source_alpaca import us_equities
from services.ingest.files.steps import terms_of
from services.ingest.vendors.past_plan import STEPS
from services.ingest.vendors.past_wire import (
    binance_candles,
    coinbase_candles,
    finnhub_candles,
    polygon_candles,
    polygon_page,
    within,
)
from shared.failures import BadInput
from shared.time import DAY_NS, MINUTE_NS, SECOND_NS
from tests.fixtures.venues import BITCOIN, BITCOIN_USD

BTCUSDT = terms_of([BITCOIN])["BTCUSDT"]
BTC_USD = terms_of([BITCOIN_USD])["BTC-USD"]
APPLE = terms_of(us_equities(["AAPL"], "US"))["AAPL"]
KLINE = (
    b'[[1499040000000,"0.01634790","0.80000000","0.01575800","0.01577100","148976.11427815",1499644799999,'
    b'"2434.19055334",308,"1756.87402397","28.46694368","17928899.62184339"]]'
)


def test_a_kline_ends_with_its_minute() -> None:
    (one,) = binance_candles(KLINE.replace(b"0.0", b"61837.0"), BTCUSDT, MINUTE_NS)
    assert one.time_ns == 1_499_040_000 * SECOND_NS + MINUTE_NS - 1
    assert (one.open, one.low, one.close, one.volume) == (6_183_702, 6_183_702, 6_183_702, 14_897_611_428)


def test_klines_in_microseconds_are_the_same_bars() -> None:
    fine = KLINE.replace(b"1499040000000", b"1499040000000000")
    assert binance_candles(fine, BTCUSDT, DAY_NS) == binance_candles(KLINE, BTCUSDT, DAY_NS)


def test_coinbases_candles_come_newest_first_with_low_before_high() -> None:
    body = b"[[1415398768, 0.32, 4.2, 0.35, 4.1, 12.3], [1415398708, 0.31, 0.5, 0.4, 0.41, 1]]"
    first, second = coinbase_candles(body, BTC_USD, MINUTE_NS)
    assert (first.time_ns, second.time_ns) == (1_415_398_768 * SECOND_NS - 1, 1_415_398_828 * SECOND_NS - 1)
    assert (second.low, second.high, second.open, second.close) == (32, 420, 35, 410)


def test_polygons_page_is_read_exactly() -> None:
    bar = b'{"v":70790813,"vw":131.6,"o":130.465,"c":130.15,"h":133.41,"l":129.89,"t":1673240400000}'
    body = b'{"results":[' + bar + b"]}"
    (one,) = polygon_candles(polygon_page(body), APPLE, DAY_NS)
    assert (one.open, one.high, one.low, one.close, one.volume) == (13046, 13341, 12989, 13015, 70_790_813)


def test_finnhubs_columns_are_bars() -> None:
    told = {"s": "ok", "o": [1.0], "h": [2.0], "l": [0.5], "c": [1.5], "v": [7], "t": [1_569_297_600]}
    (one,) = finnhub_candles(told, APPLE, STEPS["day"])
    assert (one.open, one.high, one.low, one.close, one.volume) == (100, 200, 50, 150, 7)
    assert finnhub_candles({"s": "no_data"}, APPLE, DAY_NS) == []


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'{"code":-1121}', KLINE[:-9], b"[[1]]", b'[["a"]]', b"[[null]]"]
)
def test_half_answers_and_nonsense_are_no_bars(body: bytes) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        binance_candles(body, BTCUSDT, MINUTE_NS)
    with pytest.raises(BadInput, match="cannot be read"):
        coinbase_candles(body or b"[", BTC_USD, MINUTE_NS)
    with pytest.raises(BadInput, match="cannot be read"):
        polygon_page(b"[" + body)


@pytest.mark.parametrize("told", [None, [], {"s": "error"}, {"s": "ok", "o": [1.0]}, {"s": "ok", "t": ["x"]}])
def test_finnhubs_nonsense_is_no_table(told: object) -> None:
    with pytest.raises(BadInput, match="Finnhub"):
        finnhub_candles(told, APPLE, DAY_NS)


def test_a_price_of_nan_is_refused() -> None:
    with pytest.raises(BadInput):
        finnhub_candles(
            {"s": "ok", "o": [float("nan")], "h": [2.0], "l": [0.5], "c": [1.5], "v": [7], "t": [1]},
            APPLE,
            DAY_NS,
        )


def test_a_bar_belongs_to_the_stretch_that_holds_its_end_and_comes_once() -> None:
    (one,) = binance_candles(KLINE, BTCUSDT, DAY_NS)
    start = 1_499_040_000 * SECOND_NS
    assert within([one, one], start, start + DAY_NS) == [one]
    assert within([one], start + DAY_NS, start + 2 * DAY_NS) == within([one], 0, start) == []
