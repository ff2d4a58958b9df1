"""Costs are against us, and rounded by the one rule."""

from decimal import Decimal

from services.venue.trading import fee_of, slipped
from tests.fixtures.desks import floor


def test_slippage_is_always_against_us_and_never_below_a_tick() -> None:
    made = floor(slippage_ticks=2, slippage_bps=Decimal(1))
    assert (slipped(made, 1, 1000), slipped(made, -1, 1000), slipped(made, -1, 2)) == (1003, 997, 1)


def test_a_fee_that_does_not_fit_is_said_so() -> None:
    made = floor(commission_per_lot=Decimal(1000), commission_bps=Decimal(10))
    assert fee_of(made, 1_000_000, 2) == (2_000_001_000, True)
    assert not fee_of(made, 1, 1 << 60)[1]
