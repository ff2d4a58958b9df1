"""What the record holds as numbers is told in words, in UTC and without idle zeros."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.failures import Refused
from shared.orders import Leg, Status
from tapeline.cli.tables import show
from tapeline.cli.trading import MONEY, SPARE, _brief, _in_cents, _named, _table, _time_ns


def test_numbers_that_stand_for_words_are_told_as_words() -> None:
    told = _named({"side": -1, "leg": Leg.STOP, "status": Status.PARTIALLY_FILLED, "order_id": 255})
    assert told == {
        "side": "sell",
        "leg": "stop",
        "status": "partially_filled",
        "order_id": "00000000000000ff",
    }


def test_times_and_decimals_are_as_people_read_them() -> None:
    told = _named({"event_time_ns": 1_000_000_000, "quantity": Decimal("100.000"), "stop": None})
    assert told == {"time": "1970-01-01T00:00:01.000000000Z", "quantity": Decimal(100), "stop": None}
    assert str(told["quantity"]) == "100"


@pytest.mark.parametrize("text", ["1970-01-01T00:00:02Z", "1970-01-01T01:00:02+01:00", "1970-01-01 00:00:02"])
def test_a_time_may_carry_its_zone_and_is_utc_without_one(text: str) -> None:
    assert _time_ns(text) == 2_000_000_000


def test_a_time_that_is_none_is_refused_with_an_example() -> None:
    with pytest.raises(Refused, match="write it like"):
        _time_ns("yesterday")


def an_order(**given: object) -> dict[str, object]:
    told = {"event_time_ns": 1_000_000_000, "symbol": "BTCUSDT", "side": -1, "quantity": Decimal("0.12345")}
    prices = {"stop": Decimal("65123.12"), "target": Decimal("66123.12"), "filled": Decimal("0.12345")}
    return _named({**told, **prices, "status": Status.PARTIALLY_FILLED, "order_id": 1 << 63, **given})


def test_orders_fit_eighty_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    show(*_table(_brief([an_order(), an_order(status=None, stop=None)])), empty="", spare=SPARE)
    lines = capsys.readouterr().out.splitlines()

    assert max(map(len, lines)) <= 80
    assert sum("BTCUSDT" in line and "partial" in line for line in lines) == 1
    assert sum("00:00:01" in line for line in lines) == 2, "a row a line"


def test_positions_fit_eighty_columns_in_cents(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    money = {name: Decimal("-1234567.891234") for name in MONEY}
    row = {"account": 0, "symbol": "BTCUSDT", "quantity": Decimal("0.12345"), "price": Decimal("65123.12")}
    show(*_table(_in_cents([{**row, **money}])), empty="", spare=("fees", "realised"))
    lines = capsys.readouterr().out.splitlines()

    assert max(map(len, lines)) <= 80
    assert [line.split() for line in lines if "BTCUSDT" in line] == [
        ["0", "BTCUSDT", "0.12345", "65123.12", "-1234567.89", "-1234567.89", "-1234567.89"]
    ]
