"""Every venue speaks to the one socket loop in the same way."""

from __future__ import annotations

import json

import pytest

from services.ingest.feeds.dialect import Dialect
from services.ingest.feeds.source_binance import A_REQUEST, BinanceDialect
from services.ingest.feeds.source_coinbase import CoinbaseDialect
from services.ingest.vendors.facade import Answer, Vendor
from shared.market import Instrument, Instruments
from tests.fixtures.venues import TestWorld

MANY = Instruments(Instrument(instrument=n, symbol=f"S{n}") for n in range(1, 151))
REST = Vendor("acme", lambda path, params: Answer(200, {}, b"[]"), TestWorld().world())
DIALECTS: list[Dialect] = [BinanceDialect(MANY, REST), CoinbaseDialect(MANY, REST)]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_every_request_is_a_frame_with_a_name_of_its_own(dialect: Dialect) -> None:
    requests = dialect.requests()
    assert requests
    assert len({request.name for request in requests}) == len(requests)
    assert all(isinstance(json.loads(request.frame), dict) for request in requests)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_without_history_there_is_nothing_to_go_on_from(dialect: Dialect) -> None:
    assert dialect.latest(1) is None
    assert dialect.last_before(1, 10**18) is None
    assert list(dialect.instruments) == list(range(1, 151))
    assert dialect.url.startswith("wss://")


def test_binance_is_asked_for_many_streams_in_few_requests() -> None:
    asked = [json.loads(request.frame)["params"] for request in DIALECTS[0].requests()]
    assert [len(streams) for streams in asked] == [A_REQUEST, A_REQUEST, 50]
    assert len({stream for streams in asked for stream in streams}) == 450
