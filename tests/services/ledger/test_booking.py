"""One fill and one position."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ledger.booking import Holding, book, closing

LOTS = st.integers(-1_000, 1_000)
MONEY = st.integers(-(10**12), 10**12)


@given(LOTS, MONEY, LOTS.filter(bool), st.integers(0, 10**12), MONEY)
def test_a_booking_adds_up_to_nothing(held: int, cost: int, lots: int, value: int, fee: int) -> None:
    signed = value if lots > 0 else -value

    _, booking = book(Holding(held, cost if held else 0), lots, signed, fee)

    assert booking.cash + booking.inventory + booking.fees + booking.realised == 0
    assert booking.cash == -signed - fee


@pytest.mark.parametrize(
    ("held", "lots", "closed"),
    [(0, 5, 0), (5, 5, 0), (-5, -5, 0), (5, -3, -3), (5, -9, -5), (-5, 3, 3), (-5, 9, 5)],
)
def test_only_lots_of_the_other_side_are_closed(held: int, lots: int, closed: int) -> None:
    assert closing(held, lots) == closed


def test_a_share_of_the_cost_is_rounded_half_to_even() -> None:
    after, booking = book(Holding(2, 5), -1, -4, 0)

    assert (after.cost, booking.inventory, after.realised) == (3, -2, 2)


def test_buying_back_a_short_for_less_is_a_profit() -> None:
    after, _ = book(Holding(-10, -100), 4, 30, 1)

    assert after == Holding(-6, -60, 10, 1)
