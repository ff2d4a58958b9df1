"""Text as exact numbers, digit by digit."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.files.text_kernels import GOOD, decimal, split_line, whole_steps
from shared.money import half_even


def numbered(text: str) -> tuple[int, int, int]:
    """A text as a number."""
    return decimal(np.frombuffer(text.encode() + b"\n", np.uint8), 0, len(text))


@given(st.decimals("-999999999999", "999999999999", places=5))
def test_a_decimal_is_exactly_its_digits(value: object) -> None:
    digits, decimals, fault = numbered(f"{value:f}")
    assert fault == GOOD
    assert Fraction(digits, 10**decimals) == Fraction(f"{value:f}")


@given(st.text(max_size=12))
def test_any_text_at_all_is_a_number_or_a_fault(text: str) -> None:
    data = text.encode()
    digits, decimals, fault = decimal(np.frombuffer(data + b"\n", np.uint8), 0, len(data))
    assert fault != GOOD or isinstance(Fraction(int(digits)) / Fraction(10) ** int(decimals), Fraction)


@given(
    st.integers(-(10**10), 10**10), st.integers(-3, 9), st.sampled_from([1, 5, 25, 125]), st.integers(0, 5)
)
def test_steps_are_rounded_half_to_even_and_exactness_is_told(
    digits: int, decimals: int, unit: int, places: int
) -> None:
    ratio = Fraction(digits) / Fraction(10) ** decimals / Fraction(unit, 10**places)
    steps, fault, is_exact = whole_steps(digits, decimals, unit, places)
    assert fault == GOOD
    assert steps == half_even(ratio.numerator, ratio.denominator)
    assert is_exact == (ratio.denominator == 1)


@given(st.lists(st.text("ab1.", max_size=4), min_size=1, max_size=6))
def test_fields_lie_between_delimiters(fields: list[str]) -> None:
    line = ",".join(fields).encode() + b"\r\n"
    edges = np.zeros(2 * len(fields), np.int64)
    count, after, fault = split_line(np.frombuffer(line, np.uint8), 0, len(line), 44, edges)
    assert (count, after, fault) == (len(fields), len(line), GOOD)
    assert [line[a:b].decode() for a, b in edges.reshape(-1, 2).tolist()] == fields
