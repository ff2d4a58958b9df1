"""Binance's frames become events without losing a digit; nonsense is refused with one clear line."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.feeds.binance_wire import BinanceWire, binance_instruments, symbol_of
from services.ingest.feeds.events import Complaint, DepthChange, DepthPicture, Quote, Subscribed, Trade
from services.ingest.files.steps import terms_of
from shared.failures import BadInput, Refused
from tests.fixtures.venues import bitcoin

WIRE = BinanceWire(terms_of(bitcoin()))
TRADE = (
    b'{"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,'
    b'"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}}'
)
TICKER = (
    b'{"stream":"btcusdt@bookTicker","data":{"u":50093239212,"s":"BTCUSDT","b":"61837.63000000",'
    b'"B":"3.78826000","a":"61837.64000000","A":"1.54698000"}}'
)
DEPTH = (
    b'{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161255208,"s":"BTCUSDT","U":5,"u":9,'
    b'"b":[["61737.63000000","0.00000000"]],"a":[["61837.64000000","1.54698000"]]}}'
)
TERMS = (
    b'{"symbols":[{"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT","filters":['
    b'{"filterType":"PRICE_FILTER","minPrice":"0.01","tickSize":"0.01000000"},'
    b'{"filterType":"LOT_SIZE","stepSize":"0.00001000"}]},'
    b'{"symbol":"BTCTRY","quoteAsset":"TRY","filters":[]},'
    b'{"symbol":"ETHUSDT","quoteAsset":"USDT","filters":[{"filterType":"PRICE_FILTER","tickSize":"x"}]}]}'
)


def test_a_trade_whose_buyer_rested_was_a_sale() -> None:
    assert WIRE.events(TRADE) == [Trade(1, 1_723_161_255_342_000_000, 6_183_763, 2_000, -1, 3_735_683_259)]
    assert WIRE.events(TRADE.replace(b'"m":true', b'"m":false'))[0] == Trade(
        1, 1_723_161_255_342_000_000, 6_183_763, 2_000, 1, 3_735_683_259
    )


def test_times_in_microseconds_are_understood() -> None:
    (event,) = WIRE.events(TRADE.replace(b'"T":1723161255342', b'"T":1723161255342789'))
    assert isinstance(event, Trade)
    assert event.time_ns == 1_723_161_255_342_789_000


def test_a_quote_has_the_books_number_and_no_time() -> None:
    assert WIRE.events(TICKER) == [Quote(1, 0, 6_183_763, 6_183_764, 378_826, 154_698, 50_093_239_212)]


def test_a_change_of_depth_names_its_numbers() -> None:
    wanted = DepthChange(1, 1_723_161_255_208_000_000, 5, 9, 0, ((6_173_763, 0),), ((6_183_764, 154_698),))
    assert WIRE.events(DEPTH) == [wanted]


def test_a_picture_is_of_the_symbol_that_was_asked_for() -> None:
    answer = b'{"lastUpdateId":7,"bids":[["1.00","2.0"]],"asks":[]}'
    assert WIRE.picture(answer, "BTCUSDT") == DepthPicture(1, 0, 7, ((100, 200_000),), ())
    with pytest.raises(BadInput, match="no symbol"):
        WIRE.events(answer)


def test_an_aggregate_has_no_number_of_a_trade() -> None:
    frame = (
        b'{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":2,"s":"BTCUSDT","a":6,"p":"5.00","q":"1.0",'
        b'"f":7,"l":9,"T":1,"m":false,"M":true}}'
    )
    assert WIRE.events(frame) == [Trade(1, 1_000_000, 500, 100_000, 1, 0)]


def test_confirmations_and_complaints_are_told_apart() -> None:
    assert WIRE.events('{"result":null,"id":3}') == [Subscribed("3")]
    (complaint,) = WIRE.events('{"error":{"code":2,"msg":"Invalid request"},"id":3}')
    assert isinstance(complaint, Complaint)
    assert "Invalid request" in complaint.text
    assert isinstance(WIRE.events('{"code":-1121,"msg":"Invalid symbol."}')[0], Complaint)


def test_a_stream_that_nobody_knows_says_nothing() -> None:
    assert WIRE.events('{"stream":"btcusdt@avgPrice","data":{"e":"avgPrice"}}') == []


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"half a mess",
        TRADE[: len(TRADE) // 2],
        b"[]",
        b"{}",
        b"\xff\xfe",
        TRADE.replace(b'"61837.63000000"', b'"NaN"'),
        TRADE.replace(b'"61837.63000000"', b"61837.63"),
        TRADE.replace(b'"61837.63000000"', b'"61837.635"'),
        TRADE.replace(b"BTCUSDT", b"ETHUSDT"),
        TRADE.replace(b'"t":3735683259,', b""),
    ],
)
def test_nonsense_is_refused(frame: bytes) -> None:
    with pytest.raises(BadInput):
        WIRE.events(frame)


@given(
    st.binary(max_size=60) | st.text(max_size=60) | st.integers(0, len(DEPTH) - 1).map(lambda n: DEPTH[:n])
)
def test_no_bytes_break_the_reader(frame: bytes | str) -> None:
    with pytest.raises(BadInput):
        WIRE.events(frame)


@given(st.integers(1, 10**12), st.integers(1, 10**12))
def test_prices_and_sizes_are_exact(price: int, size: int) -> None:
    data = {"s": "BTCUSDT", "t": 1, "T": 1, "m": False}
    texts = {"p": f"{price // 100}.{price % 100:02}000000", "q": f"{size // 10**5}.{size % 10**5:05}000"}
    frame = msgspec.json.encode({"stream": "btcusdt@trade", "data": {**data, **texts}})
    (event,) = WIRE.events(frame)
    assert isinstance(event, Trade)
    assert (event.price, event.size) == (price, size)


def test_past_trades_are_the_same_trades() -> None:
    past = (
        b'[{"id":3735683259,"price":"61837.63000000","qty":"0.02000000","quoteQty":"1","time":1723161255342,'
        b'"isBuyerMaker":true,"isBestMatch":true}]'
    )
    assert WIRE.past_trades(past, "BTCUSDT") == WIRE.events(TRADE)
    with pytest.raises(BadInput, match="no list of trades"):
        WIRE.past_trades(past[:-10], "BTCUSDT")


def test_terms_are_the_venues_own() -> None:
    (row,) = binance_instruments(TERMS, ["BTCUSDT"])
    assert row == next(iter(bitcoin()))


@pytest.mark.parametrize(
    ("symbol", "error", "said"),
    [
        ("DOGE", Refused, "Binance has no symbol DOGE"),
        ("BTCTRY", Refused, "priced in TRY"),
        ("ETHUSDT", BadInput, "does not say the tickSize of ETHUSDT"),
    ],
)
def test_a_symbol_that_cannot_be_traded_is_refused(symbol: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        binance_instruments(TERMS, [symbol])


def test_the_symbol_of_a_frame_is_in_its_stream() -> None:
    assert symbol_of(TRADE) == "BTCUSDT"
    assert symbol_of(b"half") == symbol_of(b'{"lastUpdateId":7}') == ""
