"""Coinbase's frames become events without losing a digit; nonsense is refused with one clear line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.feeds.coinbase_wire import CoinbaseWire, coinbase_instruments
from services.ingest.feeds.events import (
    Complaint,
    DepthChange,
    DepthPicture,
    Event,
    Pulse,
    Quote,
    Subscribed,
    Trade,
)
from services.ingest.files.steps import terms_of
from shared.failures import BadInput, Refused
from shared.market import Instruments
from tests.fixtures.venues import BITCOIN_USD

WIRE = CoinbaseWire(terms_of(Instruments([BITCOIN_USD])))
SECOND = 1_000_000_000
MATCH = (
    '{"type":"match","trade_id":10,"sequence":50,"maker_order_id":"m","taker_order_id":"t",'
    '"time":"1970-01-01T00:00:01.000007Z","product_id":"BTC-USD","size":"5.23512000","price":"400.23",'
    '"side":"sell"}'
)
FRAMES: list[tuple[str, Event]] = [
    (MATCH, Trade(1, SECOND + 7_000, 40_023, 523_512_000, 1, 10)),
    (MATCH.replace('"sell"', '"buy"'), Trade(1, SECOND + 7_000, 40_023, 523_512_000, -1, 10)),
    (MATCH.replace('"match"', '"last_match"'), Trade(1, SECOND + 7_000, 40_023, 523_512_000, 1, 10)),
    (
        (
            '{"type":"ticker","sequence":37475248783,"product_id":"BTC-USD","price":"1285.22","open_24h":"1310.79",'
            '"best_bid":"1285.04","best_bid_size":"0.46688654","best_ask":"1285.27","best_ask_size":"1.56637040",'
            '"side":"buy","time":"1970-01-01T00:00:01Z","trade_id":370843401,"last_size":"11.4396987"}'
        ),
        Quote(1, SECOND, 128_504, 128_527, 46_688_654, 156_637_040, 37_475_248_783),
    ),
    (
        '{"type":"snapshot","product_id":"BTC-USD","bids":[["10101.10","0.45054140"]],"asks":[["10102.55","1"]]}',
        DepthPicture(1, 0, 0, ((1_010_110, 45_054_140),), ((1_010_255, 100_000_000),)),
    ),
    (
        (
            '{"type":"l2update","product_id":"BTC-USD","changes":[["buy","22356.27","0.00000000"],'
            '["sell","22356.30","1.0"]],"time":"1970-01-01T00:00:02Z"}'
        ),
        DepthChange(1, 2 * SECOND, 0, 0, 0, ((2_235_627, 0),), ((2_235_630, 100_000_000),)),
    ),
    (
        '{"type":"heartbeat","sequence":90,"last_trade_id":20,"product_id":"BTC-USD","time":"1970-01-01T00:00:03Z"}',
        Pulse(1, 3 * SECOND, 20),
    ),
    ('{"type":"subscriptions","channels":[]}', Subscribed("subscribe")),
    (
        '{"type":"error","message":"Failed to subscribe","reason":"X is not a valid product"}',
        Complaint("Coinbase turned a request down: Failed to subscribe X is not a valid product"),
    ),
]


@pytest.mark.parametrize(("frame", "event"), FRAMES)
def test_every_kind_of_frame_is_read(frame: str, event: Event) -> None:
    assert WIRE.events(frame) == [event]


def test_a_kind_that_nobody_knows_says_nothing() -> None:
    assert WIRE.events('{"type":"status"}') == []


@pytest.mark.parametrize(
    "frame",
    [
        "",
        MATCH[:40],
        "[]",
        MATCH.replace("BTC-USD", "ETH-USD"),
        MATCH.replace("400.23", "400.235"),
        MATCH.replace("1970-01-01T00:00:01.000007Z", "now"),
        FRAMES[5][0].replace("buy", "middle"),
        b"\xff",
    ],
)
def test_nonsense_is_refused(frame: str | bytes) -> None:
    with pytest.raises(BadInput):
        WIRE.events(frame)


@given(st.sampled_from([frame for frame, _ in FRAMES]), st.data())
def test_half_a_frame_is_refused(frame: str, data: st.DataObject) -> None:
    with pytest.raises(BadInput):
        WIRE.events(frame[: data.draw(st.integers(0, len(frame) - 1))])


def test_past_trades_come_oldest_first() -> None:
    def past(number: int) -> str:
        return (
            f'{{"trade_id":{number},"side":"sell","size":"5.23512000","price":"400.23",'
            '"time":"1970-01-01T00:00:01.000007Z"}'
        )

    answer = f"[{past(11)},{past(10)}]".encode()
    assert WIRE.past_trades(answer, "BTC-USD")[0] == FRAMES[0][1]
    assert [trade.number for trade in WIRE.past_trades(answer, "BTC-USD")] == [10, 11]
    with pytest.raises(BadInput, match="no list of trades"):
        WIRE.past_trades(answer[:-3], "BTC-USD")


PRODUCTS = (
    b'[{"id":"BTC-USD","base_currency":"BTC","quote_currency":"USD","base_increment":"0.00000001",'
    b'"quote_increment":"0.01"},{"id":"BTC-TRY","quote_currency":"TRY","base_increment":"1","quote_increment":"1"}]'
)


def test_terms_are_the_venues_own() -> None:
    assert list(coinbase_instruments(PRODUCTS, ["BTC-USD"])) == [BITCOIN_USD]


def test_a_product_that_cannot_be_traded_is_refused() -> None:
    with pytest.raises(Refused, match="Coinbase has no product DOGE"):
        coinbase_instruments(PRODUCTS, ["DOGE"])
    with pytest.raises(Refused, match="priced in TRY"):
        coinbase_instruments(PRODUCTS, ["BTC-TRY"])
    with pytest.raises(BadInput, match="cannot be read"):
        coinbase_instruments(PRODUCTS[:50], ["BTC-USD"])
