"""Where stops and limits are hit, and at what price."""

import pytest

from services.venue.matching import limit_is_hit, stop_is_hit, stop_price
from services.venue.tape import jump
from tests.fixtures.desks import floor


@pytest.mark.parametrize(("side", "level"), [(1, 101), (-1, 99)])
def test_a_level_that_is_touched_is_hit(side: int, level: int) -> None:
    market = floor().markets[0]
    jump(market, 99, 101)
    assert stop_is_hit(market, side, level) and not stop_is_hit(market, side, level + side)
    assert limit_is_hit(market, side, level) and not limit_is_hit(market, side, level - side)


def test_without_a_price_nothing_is_hit() -> None:
    market = floor().markets[0]
    assert not stop_is_hit(market, -1, 99) and not limit_is_hit(market, 1, 99)


def test_a_gap_is_filled_where_the_step_began() -> None:
    market = floor().markets[0]
    jump(market, 90, 110)
    assert (stop_price(market, -1, 95), stop_price(market, 1, 105)) == (90, 110)
    assert (stop_price(market, -1, 85), stop_price(market, 1, 115)) == (85, 115)
