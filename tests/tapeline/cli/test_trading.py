"""What the record holds as numbers is told in words, in UTC and without idle zeros."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.failures import Refused
from shared.orders import Leg, Status
from tapeline.cli.trading import _named, _time_ns


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
