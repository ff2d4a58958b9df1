"""Which session a close belongs to."""

from __future__ import annotations

import numpy as np

from research.labels.sessions import by_calendar, by_grid
from shared.calendars import Sessions


def test_a_close_at_the_end_of_a_session_belongs_to_it() -> None:
    assert by_grid(np.array([1, 10, 11, 20]), 10).tolist() == [0, 0, 1, 1]


def test_the_hours_between_two_sessions_are_a_stretch_of_their_own() -> None:
    calendar = Sessions(np.array([10, 30]), np.array([20, 40]))
    found = by_calendar(np.array([5, 10, 11, 20, 21, 30, 31, 40, 41]), calendar).tolist()
    assert found[2] == found[3] and found[6] == found[7]
    assert found[0] == found[1] and found[4] == found[5]
    assert len({found[0], found[2], found[4], found[6], found[8]}) == 5
