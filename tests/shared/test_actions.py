"""What a corporate action does to lots and prices."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.actions import split_lots, split_price

RATIO = st.integers(1, 100)


@given(st.integers(-(10**9), 10**9), RATIO, RATIO)
def test_no_fraction_of_a_lot_is_lost_in_a_split(lots: int, numerator: int, denominator: int) -> None:
    whole, left = split_lots(lots, numerator, denominator)

    assert whole * denominator + left == lots * numerator
    assert abs(left) < denominator


@given(st.integers(-(10**9), 10**9), RATIO, RATIO)
def test_a_split_never_turns_a_position_round(lots: int, numerator: int, denominator: int) -> None:
    whole, left = split_lots(lots, numerator, denominator)

    assert whole * lots >= 0
    assert left * lots >= 0


@pytest.mark.parametrize(("price", "after"), [(645_570_0, 92_224_3), (0, 0), (1, 1), (7, 1)])
def test_seven_for_one_divides_prices(price: int, after: int) -> None:
    assert split_price(price, 7, 1) == after


def test_one_for_four_multiplies_them() -> None:
    assert split_price(250, 1, 4) == 1_000


def test_a_split_of_nothing_is_none() -> None:
    with pytest.raises(ValueError, match="none"):
        split_lots(5, 0, 1)
