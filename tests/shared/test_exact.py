"""The jitted twins agree with the originals on every number."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.exact import LARGEST, as_id, derive3, fits_sum, mix, scaled, value
from shared.ids import derive
from shared.market import Instrument
from shared.money import Overflow

WHOLE = st.integers(-LARGEST, LARGEST)
POSITIVE = st.integers(1, LARGEST)


@given(WHOLE, WHOLE, WHOLE)
def test_derived_ids_are_the_same(a: int, b: int, c: int) -> None:
    assert derive3(a, b, c) == derive(a, b, c)


@given(st.lists(st.integers(0, LARGEST), min_size=1, max_size=7))
def test_ids_of_any_length_are_the_same(parts: list[int]) -> None:
    state = np.uint64(0)
    for part in parts:
        state = np.uint64(mix(state, part))
    assert as_id(state) == derive(*parts)


@given(
    st.integers(0, 10**13),
    st.integers(-(10**13), 10**13),
    st.sampled_from(["0.01", "1", "0.00000001", "0.25", "0.003"]),
    st.sampled_from(["1", "0.00000001", "100", "0.7"]),
)
def test_values_are_the_same_or_both_refuse(price: int, lots: int, tick: str, lot: str) -> None:
    instrument = Instrument(instrument=1, symbol="X", tick=Decimal(tick), lot=Decimal(lot))
    amount, fits = value(price, lots, *instrument.unit.as_integer_ratio())
    try:
        wanted = instrument.value(price, lots)
    except Overflow:
        assert not fits
        return
    if fits:
        assert amount == wanted
    else:
        assert abs(price * lots) >= 1 << 95


@given(st.integers(-(10**9), 10**9), st.integers(0, 10**9), POSITIVE, POSITIVE)
def test_scaling_rounds_half_to_even_or_refuses(
    amount: int, factor: int, numerator: int, denominator: int
) -> None:
    from shared.money import half_even

    exact = half_even(amount * factor * numerator, denominator)
    found, fits = scaled(amount, factor, numerator, denominator)
    assert fits == (abs(exact) <= LARGEST)
    if fits:
        assert found == exact


@given(WHOLE, WHOLE)
def test_a_sum_is_said_to_fit_exactly_when_it_does(a: int, b: int) -> None:
    assert fits_sum(a, b) == (-LARGEST <= a + b <= LARGEST)


@pytest.mark.parametrize(("amount", "rounded"), [(5, 2), (15, 8), (25, 12), (-5, -2), (-15, -8)])
def test_ties_go_to_even(amount: int, rounded: int) -> None:
    assert scaled(amount, 1, 1, 2)[0] == rounded
