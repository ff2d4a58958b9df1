"""A decimal text is a whole number of steps, to the last digit, or it is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.files.steps import MOST_KNOWN, Step, terms_of
from shared.failures import BadInput
from tests.fixtures.venues import bitcoin

SIZES = ["0.01", "0.00001", "1", "0.25", "5", "0.00000001"]


@given(st.integers(0, 10**15), st.sampled_from(SIZES))
def test_every_multiple_of_a_step_comes_back(steps: int, size: str) -> None:
    assert Step(Decimal(size)).whole(f"{steps * Decimal(size):f}") == steps


@given(st.integers(0, 10**13), st.sampled_from(SIZES))
def test_trailing_zeros_change_nothing(steps: int, size: str) -> None:
    text = f"{steps * Decimal(size):f}"
    padded = text + ("0000" if "." in text else ".0000")
    assert Step(Decimal(size)).whole(padded) == steps


@pytest.mark.parametrize(
    "text", ["", ".", "1e5", "-1", "+1", " 1", "1_000", "nan", "٣", "0.015", "1.2.3", "9" * 41]
)
def test_what_is_no_whole_number_of_steps_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"wanted a decimal number in steps of 0\.01"):
        Step(Decimal("0.01")).whole(text)


def test_a_number_too_large_for_a_column_is_refused() -> None:
    with pytest.raises(BadInput):
        Step(Decimal("0.00000001")).whole("99999999999999.0")


@pytest.mark.parametrize(
    ("text", "steps"), [("0.015", 2), ("0.025", 2), ("0.0149", 1), ("0.0251", 3), ("7", 700)]
)
def test_the_nearest_step_takes_ties_to_even(text: str, steps: int) -> None:
    assert Step(Decimal("0.01")).nearest(text) == steps


def test_something_that_rests_never_becomes_nothing() -> None:
    lot = Step(Decimal("0.00001"))
    assert lot.resting("0.00000001") == 1
    assert lot.resting("25.42618900") == 2_542_619
    assert lot.resting("0.00000000") == 0


def test_more_texts_than_are_remembered_are_still_right() -> None:
    step = Step(Decimal("0.01"))
    assert all(step.whole(f"{n}.00") == 100 * n for n in range(MOST_KNOWN + 10))
    assert step.whole("3.00") == 300


def test_terms_are_found_by_symbol() -> None:
    assert terms_of(bitcoin())["BTCUSDT"].instrument == 1
