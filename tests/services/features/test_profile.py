"""A bar's volume by price adds up to what was traded at prices of their moment."""

from __future__ import annotations

import numpy as np

from services.features.building import BarRule, build
from services.features.profile import profile_of
from tests.fixtures.feature_tapes import START_NS, quote, random_tape, ticks, trade


def test_every_price_of_a_bar_has_its_lots() -> None:
    rows = [
        trade(START_NS, 100, 2),
        trade(START_NS + 1, 101, 3),
        trade(START_NS + 2, 100, 4),
        quote(START_NS + 2, 1, 2),
    ]
    agreed = {**trade(START_NS + 1, 500, 9), "conditions": 0x20}
    block = ticks([*rows[:2], agreed, *rows[2:], trade(START_NS + 10, 7)], START_NS + 10)
    bars, _ = build(block, BarRule(size=5))
    levels = profile_of(bars, block)
    assert [levels[name].tolist() for name in ("price", "volume")] == [[100, 101], [6, 3]]


def test_levels_add_up_to_the_trades_of_the_bars() -> None:
    found = random_tape(3_000, 4, 3)
    block = found.take(np.flatnonzero(found["kind"] == 1))
    bars, _ = build(block, BarRule(kind="volume", size=300))
    levels = profile_of(bars, block)
    assert levels["volume"].sum() == bars["volume"].sum()
    for bar in range(0, len(bars), 17):
        ours = (levels["event_time_ns"] == bars["event_time_ns"][bar]) & (
            levels["instrument"] == bars["instrument"][bar]
        )
        assert levels["volume"][ours].sum() == bars["volume"][bar]
        assert levels["price"][ours].max() == bars["high"][bar]
        assert levels["price"][ours].min() == bars["low"][bar]


def test_no_bars_have_no_levels() -> None:
    block = ticks([trade(START_NS, 100)], START_NS)
    bars, unfinished = build(block, BarRule(kind="tick", size=5))
    assert (len(profile_of(bars, block)), unfinished) == (0, 1)
