"""The shortest decimal of a double is what its sender meant."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.feeds.amounts import Amount, steps_of
from services.ingest.files.steps import Step
from shared.failures import BadInput

CENT = Step(Decimal("0.01"))


@given(st.integers(0, 10**13))
def test_cents_survive_a_double(cents: int) -> None:
    assert steps_of(cents / 100, CENT) == cents
    assert steps_of(Decimal(cents) / 100, CENT) == cents


@pytest.mark.parametrize(
    ("value", "steps"), [(7, 700), ("1.5", 150), (1e-7, 0), (1e16, 10**18), (91.955, 9196)]
)
def test_every_kind_of_number_is_read(value: Amount, steps: int) -> None:
    assert steps_of(value, CENT) == steps


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN"), -1, -0.5, "x", "", True])
def test_what_is_no_amount_is_refused(value: Amount) -> None:
    with pytest.raises(BadInput):
        steps_of(value, CENT)
