"""Every moment has its sleeve, however far its labels look ahead."""

from __future__ import annotations

import numpy as np
import pytest

from research.dataset.examples import Examples
from research.scores.sleeves import EQUAL, HELD, RULES, panel_of, top_less_bottom, top_tenth, walk
from shared.time import DAY_NS

FIRST_MONDAY = 4


def weekdays(weeks: int, ahead_days: int, names: int = 3) -> Examples:
    """Rows of Mondays to Fridays; a label ends at the first close no earlier than so many days later."""
    days = np.array([FIRST_MONDAY + 7 * week + day for week in range(weeks) for day in range(5)])
    ends = np.array(
        [next((day for day in days if day >= one + ahead_days), one + ahead_days) for one in days]
    )
    times, until = (np.repeat(each, names).astype(np.int64) * DAY_NS for each in (days, ends))
    count = len(times)
    return Examples(
        (),
        np.zeros((count, 0)),
        times,
        np.tile(np.arange(names, dtype=np.int32), len(days)),
        np.zeros(count, np.int8),
        np.full(count, np.log(1.01)),
        until,
    )


@pytest.mark.parametrize(("ahead_days", "held"), [(1, 1.0), (2, 1.8), (5, 3.6), (7, 5.0)])
def test_every_moment_has_a_sleeve_though_weeks_have_ends(ahead_days: int, held: float) -> None:
    tested = weekdays(40, ahead_days)
    panel = panel_of(tested, np.zeros(len(tested)))
    paid = walk(panel, RULES[EQUAL])
    assert paid.gross == pytest.approx(np.full(200, 0.01))
    assert panel.held == pytest.approx(held, rel=0.02)


def test_what_is_bought_is_sold_again_however_the_sleeves_meet() -> None:
    tested = weekdays(40, 5)
    tested.returns[:] = 0.0
    paid = walk(panel_of(tested, np.zeros(len(tested))), RULES[HELD])
    assert paid.traded.sum() > 2.0
    assert paid.traded.sum() % 2.0 == pytest.approx(0.0)


def test_one_instrument_that_was_not_traded_for_a_week_moves_no_sleeve() -> None:
    tested = weekdays(40, 1)
    tested.end_ns[30] += 7 * DAY_NS
    panel = panel_of(tested, np.zeros(len(tested)))
    assert panel.next[10] == 11


def test_all_that_are_as_good_as_the_last_come_in() -> None:
    said = np.array([1.0, 1.0, 0.0, np.nan])
    assert top_tenth(said, said).tolist() == [0.5, 0.5, 0.0, 0.0]
    assert top_less_bottom(np.zeros(4), said).tolist() == [0.0] * 4
