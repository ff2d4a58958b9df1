"""When the synthetic market's bars close."""

from __future__ import annotations

import numpy as np
import pytest

from services.ingest.synthetic.grid import OVERNIGHT, around_the_clock, by_day, by_session, u_shape
from shared.time import DAY_NS, MINUTE_NS

HOUR_NS = 60 * MINUTE_NS


def test_bars_around_the_clock_share_a_days_variance_and_volume() -> None:
    grid = around_the_clock(0, MINUTE_NS, 1440)
    assert grid.closes[0] == MINUTE_NS
    assert grid.closes[-1] == DAY_NS
    assert (grid.scale**2).sum() == pytest.approx(1.0, rel=1e-3)
    assert grid.share.sum() == pytest.approx(1.0, rel=1e-3)
    assert not grid.gap.any()


def test_a_session_starts_with_a_gap_and_ends_at_its_close() -> None:
    opens = np.array([0, DAY_NS])
    closes = np.array([390 * MINUTE_NS, DAY_NS + 210 * MINUTE_NS])
    grid = by_session(opens, closes, 60 * MINUTE_NS)
    assert grid.closes[:7].tolist() == [HOUR_NS * h for h in range(1, 7)] + [390 * MINUTE_NS]
    assert grid.closes[-1] == DAY_NS + 210 * MINUTE_NS
    assert np.flatnonzero(grid.gap).tolist() == [0, 7]
    assert len(grid) == 11


def test_a_daily_bar_holds_a_whole_session() -> None:
    grid = by_day(np.array([DAY_NS, 2 * DAY_NS]))
    assert grid.scale.tolist() == [1.0, 1.0]
    assert grid.gap.tolist() == [OVERNIGHT, OVERNIGHT]


def test_some_of_the_bars_are_the_same_bars() -> None:
    grid = around_the_clock(0, MINUTE_NS, 10)
    assert grid.rows(3, 5).closes.tolist() == [4 * MINUTE_NS, 5 * MINUTE_NS]
    assert len(grid.rows(3, 5)) == 2


def test_the_u_shape_is_one_on_average_and_least_in_the_middle() -> None:
    phase = (np.arange(10_000) + 0.5) / 10_000
    assert u_shape(phase).mean() == pytest.approx(1.0, abs=1e-6)
    assert u_shape(np.array([0.5]))[0] == u_shape(phase).min().round(4)
