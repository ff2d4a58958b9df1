"""Sizes come from the risk budget and never exceed the room."""

import pytest

from services.risk.sizing import lots_at_risk, lots_with_room, size, whole_lots
from tests.fixtures.desks import desk


@pytest.mark.parametrize(
    ("budget", "one"), [(float("nan"), 1.0), (1.0, 0.0), (1.0, float("inf")), (-5.0, 1.0)]
)
def test_what_cannot_be_said_buys_nothing(budget: float, one: float) -> None:
    assert whole_lots(budget, one) == 0


def test_the_loss_at_the_stop_is_the_budget() -> None:
    made = desk(risk_per_trade=0.01)
    assert lots_at_risk(made, made.holdings[0], 50) == 20_000


def test_room_is_the_smallest_limit() -> None:
    made = desk(max_position=0.1)
    assert lots_with_room(made, made.holdings[0], 10_000) == 1000
    made.book["gross"] = 2 * made.book["cash"]
    assert lots_with_room(made, made.holdings[0], 10_000) == 0


def test_without_room_one_lot_is_measured() -> None:
    made = desk()
    made.book["gross"] = 2 * made.book["cash"]
    made.plan["distance"] = 10
    size(made, made.holdings[0], made.plan[0])
    assert (made.plan["quantity"][0], made.plan["notional"][0]) == (1, 100_000_000)
