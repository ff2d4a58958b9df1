"""Identity is derived, alike on every machine, and never zero."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.ids import derive, order_text, partition_of, text_hash

WHOLE = st.integers(-(1 << 63), (1 << 63) - 1)


@given(st.lists(WHOLE, min_size=1, max_size=5))
def test_an_id_is_positive_fits_63_bits_and_repeats(parts: list[int]) -> None:
    made = derive(*parts)
    assert 0 < made < 1 << 63
    assert derive(*parts) == made


@given(WHOLE, WHOLE)
def test_the_order_of_the_parts_matters(one: int, other: int) -> None:
    assert (derive(one, other) == derive(other, one)) == (one == other)


def test_frozen_values_never_change() -> None:
    assert [partition_of(i, 8) for i in range(1, 9)] == [7, 5, 3, 0, 6, 4, 2, 3]
    assert text_hash("tapeline") == text_hash("tapeline") != text_hash("Tapeline")


def test_an_order_is_known_outside_by_its_run() -> None:
    assert order_text("desk", 255) == "desk-00000000000000ff"
