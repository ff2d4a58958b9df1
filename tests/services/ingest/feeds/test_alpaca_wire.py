"""Alpaca's messages become ticks; nonsense is refused with one clear line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.ingest.feeds.alpaca_wire import AlpacaWire, conditions
from services.ingest.feeds.events import Candle, Complaint, Quote, Subscribed, Trade
from services.ingest.feeds.source_alpaca import us_equities
from services.ingest.feeds.source_client import Known
from services.ingest.files.steps import terms_of
from shared.failures import BadInput
from shared.time import MINUTE_NS
from tests.fixtures.realdata import real_data

WIRE = AlpacaWire(terms_of(us_equities(["AAPL", "AMD", "SPY"], "ALPACA")))
START = 1_680_782_066_838_232_225
TRADE: dict[str, Any] = {
    "T": "t", "S": "AAPL", "i": 628, "x": "K", "p": 162.92, "s": 3, "c": ["@", "F", "T", "I"],
    "z": "C", "t": "2023-04-06T11:54:26.838232225Z",
}  # fmt: skip
QUOTE: dict[str, Any] = {
    "T": "q", "S": "AMD", "bx": "K", "bp": 91.95, "bs": 2, "ax": "Q", "ap": 91.98, "as": 1, "c": ["R"],
    "z": "C", "t": "2023-04-06T11:54:26.838232225Z",
}  # fmt: skip
BAR: dict[str, Any] = {
    "T": "b", "S": "SPY", "o": 388.985, "h": 389.13, "l": 388.975, "c": 389.12, "v": 49378, "n": 461,
    "vw": 389.062639, "t": "2021-02-22T19:15:00Z",
}  # fmt: skip


class Packed:
    """A time as the stream's library unpacks it."""

    def to_unix_nano(self) -> int:
        """Nanoseconds."""
        return START


def test_a_trade_is_known_by_its_exchange_and_id() -> None:
    (known,) = WIRE.said(TRADE)
    assert isinstance(known, Known)
    assert known.tick == Trade(1, START, 16_292, 3, 0, 0, 1 | 2 | 4 | 8)
    assert known.key == (1, "K", 628, START)
    assert WIRE.said({**TRADE, "t": Packed()}) == [known]


def test_sizes_of_a_quote_are_round_lots() -> None:
    (known,) = WIRE.said(QUOTE)
    assert isinstance(known, Known)
    assert known == Known(Quote(2, START, 9_195, 9_198, 200, 100, 0))


def test_a_bar_lies_at_the_last_nanosecond_that_belongs_to_it() -> None:
    (known,) = WIRE.said(BAR)
    assert isinstance(known, Known)
    close = 1_614_021_300_000_000_000 + MINUTE_NS - 1
    assert known.tick == Candle(3, close, 38_898, 38_913, 38_898, 38_912, 49_378)


def test_confirmations_complaints_and_the_rest_are_told_apart() -> None:
    assert WIRE.said({"T": "subscription", "trades": ["AAPL"]}) == [Subscribed("subscribe")]
    (complaint,) = WIRE.said({"T": "error", "code": 405, "msg": "symbol limit exceeded"})
    assert isinstance(complaint, Complaint)
    assert "405 symbol limit exceeded" in complaint.text
    assert WIRE.said({"T": "l", "S": "IONM"}) == []


@pytest.mark.parametrize(
    "message",
    [
        None,
        "text",
        {**TRADE, "S": "MSFT"},
        {**TRADE, "p": float("nan")},
        {**TRADE, "p": -1.0},
        {**TRADE, "p": "cheap"},
        {**TRADE, "t": 7},
        {**TRADE, "t": "now"},
        {name: value for name, value in TRADE.items() if name != "s"},
        {**QUOTE, "as": None},
    ],
)
def test_nonsense_is_refused(message: object) -> None:
    with pytest.raises(BadInput):
        WIRE.said(message)


@pytest.mark.parametrize(
    ("codes", "bits"), [([], 0), (["@"], 0), (["I"], 3), (["T"], 5), (["F"], 8), (["Z"], 9), (["?"], 8)]
)
def test_conditions_become_bits(codes: list[str], bits: int) -> None:
    assert conditions(codes) == bits


@pytest.mark.realdata
def test_the_recorded_session_and_every_recorded_kind_are_read() -> None:
    told = json.loads((real_data() / "wire" / "alpaca" / "stock_stream.json").read_text())
    symbols = ["AAPL", "AMD", "SPY", "EEM", "GOOGL", "IONM", "INAQU"]
    wire = AlpacaWire(terms_of(us_equities(symbols, "ALPACA")))
    said = [
        each
        for side, frame in told["session"]
        if side == "<"
        for message in json.loads(frame)
        for each in wire.said(message)
    ]
    ticks = [each.tick for each in said if isinstance(each, Known)]
    assert [type(tick) for tick in ticks] == [Quote, Trade, Trade, Trade, Quote]
    assert [wire.said(message) != [] for message in told["messages_by_type"]] == [True] * 3 + [False] * 5
