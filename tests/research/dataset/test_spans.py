"""Lengths as people write them."""

from __future__ import annotations

import pytest

from research.dataset.spans import read_span
from shared.failures import Refused
from shared.time import DAY_NS, MINUTE_NS


def test_a_number_is_bars_and_a_unit_makes_it_time() -> None:
    assert [read_span(text)[:2] for text in ("5", "1d", "90m", "250ms")] == [
        (5, 0), (0, DAY_NS), (0, 90 * MINUTE_NS), (0, 250_000_000),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "0", "0d", "-1", "1w", "1.5d", "d"])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        read_span(text)
