"""Back-adjusted prices and raw ones are two views of the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.adjust import SPLITS, adjusted, factors, raw
from services.ingest.lean.actions import Happening, actions_block
from shared.actions import Action

TIMES = np.arange(10, 60, 10)
CLOSES = np.array([100.0, 102.0, 101.0, 50.0, 51.0])
SPLIT = Happening(35, Action.SPLIT, 2, 1)
DIVIDEND = Happening(25, Action.CASH_DIVIDEND, amount=2_040_000)


def test_a_split_halves_everything_before_it() -> None:
    by = factors(TIMES, CLOSES, actions_block([(1, SPLIT)]))

    assert by.tolist() == [0.5, 0.5, 0.5, 1.0, 1.0]


def test_a_dividend_counts_by_its_share_of_the_close_before_it() -> None:
    by = factors(TIMES, CLOSES, actions_block([(1, DIVIDEND), (1, SPLIT)]))

    assert by.tolist() == pytest.approx([0.5 * 0.98, 0.5 * 0.98, 0.5, 1.0, 1.0])
    assert factors(TIMES, CLOSES, actions_block([(1, DIVIDEND), (1, SPLIT)]), SPLITS)[0] == 0.5


def test_an_action_at_the_time_of_a_row_is_before_it() -> None:
    by = factors(TIMES, CLOSES, actions_block([(1, SPLIT._replace(time_ns=40))]))

    assert by.tolist() == [0.5, 0.5, 0.5, 1.0, 1.0]


def test_actions_before_the_first_and_after_the_last_row() -> None:
    early, late = SPLIT._replace(time_ns=5), SPLIT._replace(time_ns=99)

    assert factors(TIMES, CLOSES, actions_block([(1, early)])).tolist() == [1.0] * 5
    assert factors(TIMES, CLOSES, actions_block([(1, late)])).tolist() == [0.5] * 5


@given(st.lists(st.integers(1, 10**9), min_size=5, max_size=5), st.integers(1, 60), st.integers(1, 20))
def test_raw_prices_come_back_from_adjusted_ones(prices: list[int], time_ns: int, ratio: int) -> None:
    ticks = np.array(prices)
    by = factors(TIMES, ticks / 1e4, actions_block([(1, SPLIT._replace(time_ns=time_ns, numerator=ratio))]))

    assert raw(adjusted(ticks, by), by).tolist() == prices
