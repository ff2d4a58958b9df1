"""Rows to learn from have columns alike and stand in time order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from shared.failures import Refused
from tests.fixtures.honest_market import honest


def test_rows_are_taken_with_all_their_columns() -> None:
    whole = honest(1).examples
    some = whole.take(np.array([3, 5]))
    assert len(some) == 2
    assert some.returns.tolist() == whole.returns[[3, 5]].tolist()
    assert some.end_ns.tolist() == whole.end_ns[[3, 5]].tolist()
    assert np.array_equal(some.values, whole.values[[3, 5]])


def test_columns_of_other_lengths_and_rows_out_of_order_are_refused() -> None:
    whole = honest(1).examples
    with pytest.raises(Refused, match="alike"):
        replace(whole, returns=whole.returns[1:])
    with pytest.raises(Refused, match="alike"):
        replace(whole, names=("one",))
    with pytest.raises(Refused, match="time order"):
        whole.take(np.array([len(whole) - 1, 0]))
