"""Stops and targets lie at whole ticks, alike for both sides."""

import pytest

from services.risk.stops import place_bracket, ticks_away
from tests.fixtures.desks import desk


@pytest.mark.parametrize("side", [1, -1])
def test_both_sides_are_equally_far(side: int) -> None:
    made = desk(stop_ranges=2.0, reward_ratio=1.5)
    made.holdings["range_sum"], made.plan["side"] = 14 * 20, side
    place_bracket(made, made.holdings[0], made.plan[0])
    assert made.plan["stop"][0] == 10_000 - side * 40
    assert made.plan["target"][0] == 10_000 + side * 60


@pytest.mark.parametrize("distance", [float("nan"), float("inf"), 0.4, -3.0])
def test_a_distance_that_is_none_is_no_ticks(distance: float) -> None:
    assert ticks_away(distance) == 0
