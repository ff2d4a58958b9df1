"""The years of a walk add up to it, and one that shone alone is seen to."""

from __future__ import annotations

import numpy as np
import pytest

from research.dataset.examples import Examples
from research.scores.books import BEYOND, BPS, Costs, earned
from research.scores.card import opinion
from research.scores.years import years
from shared.time import DAY_NS

DAYS, NAMES, LUCKY = 700, 12, 2019


def test_an_edge_of_one_year_is_seen_in_that_year_alone() -> None:
    draw = np.random.default_rng(4)
    start = int(np.datetime64("2018-11-01", "ns").astype(np.int64))
    times = start + np.repeat(np.arange(DAYS), NAMES) * DAY_NS
    returns = 0.01 * draw.standard_normal(DAYS * NAMES)
    year = times.astype("datetime64[ns]").astype("datetime64[Y]").astype(int) + 1970
    lean = 0.2 * np.tanh(np.where(year == LUCKY, 100.0 * returns, draw.standard_normal(len(times))))
    said = np.column_stack([0.3 - lean, np.full(len(times), 0.4), 0.3 + lean])
    base = np.tile([0.3, 0.4, 0.3], (len(times), 1))
    classes = np.where(returns > 0.004, 2, np.where(returns < -0.004, 0, 1)).astype(np.int8)
    instruments = np.tile(np.arange(NAMES, dtype=np.int32), DAYS)
    tested = Examples((), np.zeros((len(times), 0)), times, instruments, classes, returns, times + DAY_NS)
    made = earned(tested, opinion(said), Costs())

    found = years(tested, said, base, made)

    assert [one.year for one in found] == [2018, 2019, 2020]
    assert sum(one.rows for one in found) == len(tested)
    assert [one.across_low > 0.0 for one in found] == [False, True, False]
    assert found[1].log_loss < found[1].log_loss_base
    whole = sum(one.beyond_bps * one.rows for one in found) / len(tested)
    assert whole == pytest.approx(BPS * float(made.net[BEYOND].mean()))
