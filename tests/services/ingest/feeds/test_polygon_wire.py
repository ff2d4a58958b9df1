"""Polygon's messages become ticks, exactly; one bad message spoils no other."""

from __future__ import annotations

import json

import pytest

from services.ingest.feeds.events import Candle, Complaint, Quote, Subscribed, Trade
from services.ingest.feeds.polygon_wire import PolygonWire, conditions, read_page
from services.ingest.feeds.source_alpaca import us_equities
from services.ingest.feeds.source_client import Known
from services.ingest.files.steps import terms_of
from shared.failures import BadInput
from tests.fixtures.realdata import real_data

WIRE = PolygonWire(terms_of(us_equities(["MSFT", "AAPL"], "POLYGON")))
TRADE = '{"ev":"T","sym":"MSFT","x":4,"i":"12345","z":3,"p":114.125,"s":100,"c":[0,12],"t":1536036818784}'
QUOTE = (
    '{"ev":"Q","sym":"MSFT","bx":4,"bp":114.12,"bs":100,"ax":7,"ap":114.128,"as":160,"t":1536036818784,"q":5}'
)
BAR = '{"ev":"AM","sym":"MSFT","v":4110,"o":0.4488,"c":0.45,"h":0.46,"l":0.44,"e":1610144700000}'
AT = 1_536_036_818_784_000_000


def test_trades_quotes_and_bars_are_read() -> None:
    assert WIRE.said(f"[{TRADE},{QUOTE},{BAR}]") == [
        Known(Trade(1, AT, 11_412, 100, 0, 0, 1 | 4), (1, 4, "12345")),
        Known(Quote(1, AT, 11_412, 11_413, 100, 160, 0)),
        Known(Candle(1, 1_610_144_700_000_000_000 - 1, 45, 46, 44, 45, 4_110)),
    ]


def test_statuses_confirm_or_complain() -> None:
    fine = '[{"ev":"status","status":"success","message":"subscribed to: T.MSFT"}]'
    assert WIRE.said(fine) == [Subscribed("subscribed to: T.MSFT")]
    (said,) = WIRE.said('[{"ev":"status","status":"error","message":"not authorized"}]')
    assert isinstance(said, Complaint)
    assert "not authorized" in said.text
    assert WIRE.said('[{"ev":"LULD","T":"MSFT"}]') == []


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "[",
        "{}",
        b"\xff",
        None,
        f"[{TRADE.replace('MSFT', 'TSLA')}]",
        f"[{TRADE.replace('114.125', 'NaN')}]",
        f"[{TRADE.replace('114.125', '-1')}]",
        f"[{TRADE.replace(':100', ':null')}]",
        '[{"no":"kind"}]',
    ],
)
def test_nonsense_is_refused(frame: object) -> None:
    with pytest.raises(BadInput):
        WIRE.said(frame)


def test_one_bad_message_spoils_no_other() -> None:
    said = WIRE.said(f"[{TRADE.replace('114.125', '-1')},{QUOTE}]")
    assert [type(each) for each in said] == [Known, Complaint]


def test_a_trade_of_history_is_known_as_the_one_of_the_stream() -> None:
    page = read_page(
        b'{"results":[{"conditions":[12],"exchange":4,"id":"12345","price":114.125,"size":100,'
        b'"sip_timestamp":1536036818784123456}],"status":"OK"}'
    )
    (known,) = WIRE.past("MSFT", page)
    assert known.key == (1, 4, "12345")
    assert known.tick.time_ns == 1_536_036_818_784_123_456
    with pytest.raises(BadInput, match="no list of trades"):
        read_page(b'{"results":[{')


@pytest.mark.parametrize(("codes", "bits"), [([], 0), ([0], 0), ([37], 3), ([12], 5), ([14], 8)])
def test_conditions_become_bits(codes: list[int], bits: int) -> None:
    assert conditions(codes) == bits


@pytest.mark.realdata
def test_recorded_examples_are_read() -> None:
    wire = real_data() / "wire" / "polygon"
    channels = json.loads((wire / "websocket_examples.json").read_text())["channels"]
    examples = [channels[f"/stocks/{kind}"]["example"] for kind in ("T", "Q", "A", "AM")]
    reader = PolygonWire(terms_of(us_equities([example["sym"] for example in examples], "POLYGON")))
    said = reader.said(json.dumps(examples))
    assert [type(each.tick) for each in said if isinstance(each, Known)] == [Trade, Quote, Candle, Candle]
    page = read_page((wire / "rest" / "v3" / "trades" / "AAPL__limit-2.json").read_bytes())
    known = WIRE.past("AAPL", page)
    assert [each.tick.price for each in known if isinstance(each.tick, Trade)] == [15_643, 15_743]
