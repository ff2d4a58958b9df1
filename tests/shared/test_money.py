"""Money is whole millionths: rounded by one rule, never wrapped, never guessed."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.money import INT64_MAX, Overflow, decimal, fits, half_even, micro, on_step, steps


@given(st.integers(-(10**20), 10**20), st.integers(1, 10**9))
def test_rounding_is_to_the_nearest_and_ties_go_to_even(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    assert half_even(numerator, denominator) == round(exact)


@given(st.integers(-INT64_MAX, INT64_MAX))
def test_an_amount_survives_the_border(amount: int) -> None:
    assert micro(decimal(amount)) == amount


@pytest.mark.parametrize("amount", [INT64_MAX + 1, -INT64_MAX - 1])
def test_what_does_not_fit_is_refused(amount: int) -> None:
    with pytest.raises(Overflow):
        fits(amount)


def test_a_seventh_decimal_is_an_error_and_no_rounding() -> None:
    with pytest.raises(ValueError, match="more than six decimals"):
        micro("0.0000001")


@given(st.decimals(-(10**6), 10**6, places=5))
def test_a_price_is_moved_to_the_nearest_step(price: Decimal) -> None:
    assert steps(price, Decimal("0.01")) == int(price.quantize(Decimal("0.01"), ROUND_HALF_EVEN) * 100)
    assert on_step(price, Decimal("0.25")) % Decimal("0.25") == 0
