"""Which session a closed bar lies in, by a grid or by a calendar."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shared.calendars import Sessions

Whole = npt.NDArray[np.int64]


def by_grid(close_ns: Whole, session_ns: int) -> Whole:
    """Sessions of one length, as features count them; a bar's last moment counts."""
    return (close_ns - 1) // session_ns


def by_calendar(close_ns: Whole, calendar: Sessions) -> Whole:
    """Sessions of a venue; the hours between two are a stretch of their own."""
    number = np.searchsorted(calendar.opens, close_ns - 1, side="right") - 1
    closes = calendar.closes[np.maximum(number, 0)]
    outside = (number < 0) | (close_ns - 1 >= closes)
    return 2 * number + outside.astype(np.int64)
