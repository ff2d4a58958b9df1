"""Bars of every kind: a second opinion's, the live desk's, and the same however input is cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.features.building import BarBuilder, BarRule, build, merge
from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from shared.block import Block, join
from shared.calendars import Sessions
from shared.failures import BadInput, Refused
from shared.streams import BARS
from tests.fixtures.feature_tapes import (
    SECOND_NS,
    START_NS,
    content,
    cut,
    quote,
    random_tape,
    run,
    ticks,
    trade,
)

AGREED = 0x200
RULES = (
    BarRule(kind="time", size=SECOND_NS),
    BarRule(kind="tick", size=7),
    BarRule(kind="volume", size=120),
    BarRule(kind="dollar", size=1_500_000),
    BarRule(kind="imbalance", size=60),
    BarRule(kind="quote", size=3),
)
cuts = st.lists(st.integers(0, 400), max_size=30)
by_kind = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.kind)


def tape(seed: int, rows: int = 400) -> Block:
    """Ticks at random, a tenth of them under a condition that keeps their price out of bars."""
    found = random_tape(rows, 3, seed)
    agreed = np.random.default_rng(seed).random(rows) < 0.1
    columns = {**found.columns, "conditions": np.where(agreed, AGREED, 0).astype(np.int32)}
    return found.stream.block(columns, watermark_ns=found.watermark_ns)


def size_of(kind: str) -> Callable[[Any, float, int], float]:
    """What one priced row adds, told again."""
    return {
        "tick": lambda row, _price, _way: 1.0,
        "volume": lambda row, _price, _way: row.lots,
        "dollar": lambda row, price, _way: float(price * row.lots),
        "imbalance": lambda row, _price, way: (row.side or way) * row.lots,
    }[kind]


def slowly(block: Block, rule: BarRule) -> list[tuple[int, ...]]:
    """Close, instrument, prices, volume, delta and start of each bar, a moment at a time with pandas."""
    bars, adds = [], size_of(rule.kind)
    frame: Any = block.to_pandas()
    for instrument, rows in frame.rename(columns={"size": "lots"}).groupby("instrument"):
        inside: list[Any] = []
        reached, last, way = 0.0, 0, 0
        for time, moment in rows.groupby("event_time_ns", sort=True):
            full = False
            for row in moment.itertuples():
                inside.append(row)
                if row.kind == 2 or (row.kind == 1 and row.conditions & AGREED):
                    continue
                if last and row.price != last:
                    way = 1 if row.price > last else -1
                last = row.price
                reached += adds(row, row.price, way)
                full = full or abs(reached) >= rule.size
            if full:
                bars.append(_bar(int(time) + 1, int(instrument), inside))
                inside, reached = [], 0.0
    return sorted(bars)


def _bar(close_ns: int, instrument: int, inside: list[Any]) -> tuple[int, ...]:
    prints = [row for row in inside if row.kind == 3 or (row.kind == 1 and not row.conditions & AGREED)]
    volume = sum(int(row.lots) for row in inside)
    delta = sum(int(row.side) * int(row.lots) for row in inside)
    highs = [row.high if row.kind == 3 else row.price for row in prints]
    lows = [row.low if row.kind == 3 else row.price for row in prints]
    first = prints[0].open if prints[0].kind == 3 else prints[0].price
    start = close_ns - int(inside[0].event_time_ns)
    return close_ns, instrument, first, max(highs), min(lows), prints[-1].price, volume, delta, start


def told(bars: Block) -> list[tuple[int, ...]]:
    names = (
        "event_time_ns",
        "instrument",
        "open",
        "high",
        "low",
        "close",
        "volume",
        "signed_volume",
        "interval_ns",
    )
    return list(zip(*(bars[name].tolist() for name in names), strict=True))


@by_kind
@given(seed=st.integers(0, 1_000), places=cuts)
@settings(max_examples=40, deadline=None)
def test_bars_do_not_depend_on_how_the_tape_is_cut(rule: BarRule, seed: int, places: list[int]) -> None:
    whole, _ = build(tape(seed), rule)
    builder = BarBuilder(rule)
    pieces = join([builder.take(piece) for piece in cut(tape(seed), places)]).sorted()
    assert len(whole) > 5
    assert content({"bars": pieces}) == content({"bars": whole})


@pytest.mark.parametrize("rule", RULES[1:5], ids=lambda rule: rule.kind)
@pytest.mark.parametrize("seed", [1, 2])
def test_bars_by_activity_are_those_of_a_slow_second_opinion(rule: BarRule, seed: int) -> None:
    bars, _ = build(tape(seed), rule)
    assert told(bars) == slowly(tape(seed), rule)


@given(seed=st.integers(0, 1_000))
@settings(max_examples=30, deadline=None)
def test_bars_of_time_are_the_live_desk_s(seed: int) -> None:
    live = run(FeatureProcessor(FeatureSpec(interval_ns=SECOND_NS), 0), [tape(seed)])["bars"]
    assert content({"bars": build(tape(seed), RULES[0])[0]}) == content({"bars": live})


def test_a_price_agreed_elsewhere_adds_volume_and_leaves_prices_and_their_mean() -> None:
    rows = [trade(START_NS, 100, 2), {**trade(START_NS + 1, 900, 5, -1), "conditions": AGREED}]
    live = run(FeatureProcessor(FeatureSpec(interval_ns=SECOND_NS), 0), [ticks(rows, START_NS + SECOND_NS)])
    names = ("open", "high", "low", "close", "volume", "signed_volume", "trades", "vwap")
    assert [live["bars"][name].tolist() for name in names] == [
        [100],
        [100],
        [100],
        [100],
        [7],
        [-3],
        [2],
        [100.0],
    ]
    every = FeatureSpec(interval_ns=SECOND_NS, ignored_conditions=0)
    bars = run(FeatureProcessor(every, 0), [ticks(rows, START_NS + SECOND_NS)])["bars"]
    assert (bars["high"].tolist(), bars["vwap"].tolist()) == ([900], [(2 * 100 + 5 * 900) / 7])


def test_a_moment_is_never_split_and_what_is_left_over_starts_no_bar() -> None:
    rows = [
        trade(START_NS, 100, 30),
        trade(START_NS, 101, 30),
        trade(START_NS + 5, 102, 10),
        quote(START_NS + 6, 1, 2),
    ]
    bars, unfinished = build(ticks(rows, START_NS + 6), BarRule(kind="volume", size=20))
    assert told(bars) == [(START_NS + 1, 1, 100, 101, 100, 101, 60, 60, 1)]
    assert unfinished == 1


def test_a_day_ends_at_its_session_s_close_and_half_days_end_early() -> None:
    opens = np.array([START_NS, START_NS + 100 * SECOND_NS])
    hours = Sessions(opens, opens + np.array([50, 20]) * SECOND_NS)
    at = [-1, 0, 49, 50, 100, 119, 120]
    rows = [trade(START_NS + second * SECOND_NS, 100 + second) for second in at]
    block = ticks(rows, START_NS + 120 * SECOND_NS)
    days, left = build(block, BarRule(size=86_400 * SECOND_NS), {1: hours})
    assert days["event_time_ns"].tolist() == hours.closes.tolist()
    assert (days["open"].tolist(), days["close"].tolist(), left) == ([100, 200], [149, 219], 0)
    parts, _ = build(block, BarRule(size=30 * SECOND_NS), {1: hours})
    assert ((parts["event_time_ns"] - START_NS) // SECOND_NS).tolist() == [30, 50, 120]
    assert (parts["interval_ns"] // SECOND_NS).tolist() == [30, 20, 20]


def test_each_instrument_keeps_its_own_calendar_and_size() -> None:
    early, late = (Sessions(np.array([START_NS + s]), np.array([START_NS + s + 10])) for s in (0, 5))
    rows = [trade(START_NS + s, 100 + s, 1, 1, i) for s in range(20) for i in (1, 2, 3)]
    bars, _ = build(ticks(rows, START_NS + 19), BarRule(size=1_000), {1: early, 2: late, 3: early})
    assert bars["open"].tolist() == [100, 100, 105]
    assert (bars["event_time_ns"] - START_NS).tolist() == [10, 10, 15]
    ones, _ = build(ticks(rows, START_NS + 19), BarRule(kind="tick", size=20, sizes={2: 5.0}))
    assert ones["instrument"].tolist() == [2, 2, 2, 1, 2, 3]


def test_smaller_bars_merge_into_the_bars_of_their_ticks() -> None:
    whole, small = (
        build(random_tape(4_000, 3, 5), BarRule(size=seconds * SECOND_NS))[0] for seconds in (60, 5)
    )
    assert len(whole) > 5
    merged, _ = merge(small, BarRule(size=60 * SECOND_NS))
    merged = merged.rows(0, len(whole))
    for name in BARS.names:
        if name == "vwap":
            np.testing.assert_allclose(merged[name], whole[name], rtol=1e-12)
        else:
            assert merged[name].tolist() == whole[name].tolist(), name


def test_many_instruments_and_bars_fit_whatever_the_room() -> None:
    many = random_tape(30_000, 300, 4)
    bars, _ = build(many, BarRule(kind="tick", size=1))
    prints = many.take(np.flatnonzero(many["kind"] != 2))
    pairs = set(zip(prints["event_time_ns"].tolist(), prints["instrument"].tolist(), strict=True))
    assert len(bars) == len(pairs)
    assert bars["volume"].sum() == prints["size"].sum()


@pytest.mark.parametrize(
    "wrong", [{"kind": "none"}, {"size": 0}, {"size": float("nan")}, {"size": 1.5}, {"sizes": {1: -1.0}}]
)
def test_a_rule_that_means_nothing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        BarRule(**wrong)


def test_bad_ticks_and_sessions_of_activity_are_refused() -> None:
    with pytest.raises(BadInput, match="goes back in time"):
        build(ticks([trade(START_NS, 1), trade(START_NS - 1, 1)], START_NS), RULES[0])
    with pytest.raises(Refused, match="sessions cut bars of time"):
        BarBuilder(RULES[1], {1: Sessions(np.zeros(1), np.ones(1))})
