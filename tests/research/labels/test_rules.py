"""What a label says, when it was known, and what it never looks at."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.labels.rules import UNKNOWN_NS, Column, asked, label
from research.labels.sessions import by_grid
from shared.block import Block
from shared.failures import Refused
from shared.streams import BARS
from tests.fixtures.feature_tapes import random_bars
from tests.fixtures.label_reference import slowly

MINUTE = 60_000_000_000
START = 1_700_000_040_000_000_000
EVERY = (
    "forward_return_3",
    "forward_return_4m.mid",
    "direction",
    "direction_2m_15",
    "next_tick",
    "threshold_5_0.3",
    "threshold_3m_0.1.mid",
    "triple_barrier_6_1_1_5",
    "triple_barrier_4m_0.5_2_3.mid",
)
PRICES = ("open", "high", "low", "close", "bid", "ask")


def tape(seed: int, rows: int = 60, instruments: int = 2) -> Block:
    """Minute bars with gaps, of several instruments, not in the order of either."""
    draw = np.random.default_rng(seed)
    whole = random_bars(rows, instruments, seed, MINUTE)
    kept = whole.take(np.flatnonzero(draw.random(len(whole)) < 0.8))
    return kept.take(draw.permutation(len(kept)))


def of_closes(*closes: int, **columns: list[int]) -> Block:
    """Bars of one instrument a minute apart, flat unless told otherwise."""
    rows = len(closes)
    close = np.array(closes)
    given_: dict[str, Any] = {name: np.zeros(rows, np.int64) for name in BARS.names}
    given_ |= dict.fromkeys(("open", "high", "low", "close", "vwap"), close)
    given_ |= {
        "event_time_ns": START + MINUTE * np.arange(1, rows + 1),
        "instrument": np.ones(rows, np.int64),
        "interval_ns": np.full(rows, MINUTE),
        **{name: np.array(values) for name, values in columns.items()},
    }
    return BARS.block(given_, watermark_ns=int(given_["event_time_ns"][-1]))


def one(bars: Block, text: str, sessions: Any = None) -> Column:
    return label(bars, [asked(text)], sessions)[0]


@pytest.mark.parametrize("text", EVERY)
@pytest.mark.parametrize("session_ns", [None, 10 * MINUTE, 3 * MINUTE])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_label_is_what_its_definition_says(text: str, session_ns: int | None, seed: int) -> None:
    bars = tape(seed)
    sessions = by_grid(bars["event_time_ns"], session_ns) if session_ns else np.zeros(len(bars), np.int64)
    found = one(bars, text, sessions)
    wanted = slowly(bars, asked(text), sessions)
    np.testing.assert_allclose(found.values, [value for value, _ in wanted], rtol=1e-12)
    assert found.end_ns.tolist() == [end for _, end in wanted]
    assert session_ns == 3 * MINUTE or np.isfinite(found.values).sum() > 20


@given(st.integers(0, 10_000), st.sampled_from(EVERY), st.integers(0, 59), st.booleans())
def test_no_value_after_its_end_changes_a_label(seed: int, text: str, place: int, in_session: bool) -> None:
    bars = tape(seed)
    times = bars["event_time_ns"]
    sessions = by_grid(times, 10 * MINUTE) if in_session else None
    before = one(bars, text, sessions)
    late = times > np.sort(times)[min(place, len(bars) - 1)]
    changed = dict(bars.columns) | {name: np.where(late, bars[name] * 3, bars[name]) for name in PRICES}
    after = one(BARS.block(changed, watermark_ns=bars.watermark_ns), text, sessions)
    ended = (before.end_ns != UNKNOWN_NS) & (before.end_ns <= np.sort(times)[min(place, len(bars) - 1)])
    assert before.values[ended].tobytes() == after.values[ended].tobytes()
    assert before.end_ns[ended].tobytes() == after.end_ns[ended].tobytes()


@given(st.integers(0, 10_000), st.sampled_from(EVERY), st.integers(0, 59))
def test_cutting_the_tape_after_its_end_leaves_a_label_alone(seed: int, text: str, place: int) -> None:
    bars = tape(seed)
    until = np.sort(bars["event_time_ns"])[min(place, len(bars) - 1)]
    kept = bars["event_time_ns"] <= until
    before, after = one(bars, text), one(bars.take(np.flatnonzero(kept)), text)
    ended = (before.end_ns != UNKNOWN_NS) & (before.end_ns <= until)
    assert before.values[ended].tobytes() == after.values[ended[kept]].tobytes()
    assert np.isnan(after.values[~ended[kept]]).all()


@given(st.integers(0, 10_000), st.sampled_from(EVERY), st.integers(1, 58))
def test_of_the_past_a_label_reads_only_the_width_of_its_barriers(seed: int, text: str, place: int) -> None:
    bars = tape(seed)
    from_ns = np.sort(bars["event_time_ns"])[min(place, len(bars) - 1)]
    past = bars["event_time_ns"] < from_ns
    changed = dict(bars.columns) | {name: np.where(past, bars[name] * 3, bars[name]) for name in PRICES}
    before, after = one(bars, text), one(BARS.block(changed, watermark_ns=bars.watermark_ns), text)
    rule = asked(text)
    same = np.ones(len(bars), bool)
    if rule.rule.name == "triple_barrier":
        for instrument in np.unique(bars["instrument"]):
            mine = np.flatnonzero((bars["instrument"] == instrument) & ~past)
            mine = mine[np.argsort(bars["event_time_ns"][mine])]
            same[mine[: int(rule.values[2])]] = False
    kept = same & ~past
    assert before.values[kept].tobytes() == after.values[kept].tobytes()
    assert before.end_ns[kept].tobytes() == after.end_ns[kept].tobytes()


@given(st.integers(0, 10_000), st.sampled_from(EVERY))
def test_one_instrument_never_changes_the_labels_of_another(seed: int, text: str) -> None:
    bars = tape(seed)
    alone = np.flatnonzero(bars["instrument"] == 1)
    assert one(bars, text).values[alone].tobytes() == one(bars.take(alone), text).values.tobytes()


@given(st.integers(0, 10_000), st.sampled_from(EVERY))
def test_no_label_ends_at_or_before_its_row_or_in_another_session(seed: int, text: str) -> None:
    bars = tape(seed)
    sessions = by_grid(bars["event_time_ns"], 10 * MINUTE)
    found = one(bars, text, sessions)
    known = ~np.isnan(found.values)
    assert (found.end_ns[known] > bars["event_time_ns"][known]).all()
    assert (by_grid(found.end_ns[known], 10 * MINUTE) == sessions[known]).all()
    assert (found.end_ns[~known] == UNKNOWN_NS).all()


def test_the_next_tick_is_up_down_or_even() -> None:
    bars = of_closes(100, 101, 101, 99)
    assert one(bars, "next_tick").values[:3].tolist() == [1.0, 0.0, -1.0]
    assert math.isnan(one(bars, "next_tick").values[3])


def test_a_threshold_is_reached_exactly() -> None:
    bars = of_closes(1_000, 1_100, 990, 1_088)
    assert one(bars, "threshold_1_10").values[:3].tolist() == [1.0, -1.0, 0.0]


def test_a_direction_inside_the_cost_band_is_no_move() -> None:
    bars = of_closes(10_000, 10_005, 9_995)
    assert one(bars, "direction_1_6").values[:2].tolist() == [0.0, -1.0]
    assert one(bars, "direction").values[:2].tolist() == [1.0, -1.0]


def test_mid_prices_know_no_bid_ask_bounce() -> None:
    bars = of_closes(99, 101, 99, bid=[99, 99, 99], ask=[101, 101, 101])
    assert one(bars, "direction").values[:2].tolist() == [1.0, -1.0]
    assert one(bars, "direction.mid").values[:2].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("opens", "high", "low", "wanted"),
    [
        (1_000, 2_000, 500, -1.0),
        (2_000, 2_000, 500, 1.0),
        (500, 2_000, 500, -1.0),
        (1_000, 2_000, 1_000, 1.0),
        (1_000, 1_000, 500, -1.0),
    ],
)
def test_a_bar_that_touches_both_barriers_counts_for_the_lower_unless_its_open_decides(
    opens: int, high: int, low: int, wanted: float
) -> None:
    closes = [1_000, 1_010, 1_000, 1_000]
    bars = of_closes(*closes, open=[*closes[:3], opens], high=[*closes[:3], high], low=[*closes[:3], low])
    assert one(bars, "triple_barrier_1_1_1_2").values[2] == wanted


def test_without_movement_there_are_no_barriers() -> None:
    assert np.isnan(one(of_closes(*[100] * 9), "triple_barrier_2_1_1_2").values).all()


def test_the_last_bar_of_a_session_stands_for_the_vertical_barrier() -> None:
    bars = of_closes(1_000, 1_010, 1_000, 1_001, 1_000, 5_000)
    sessions = np.array([0, 0, 0, 0, 0, 1])
    found = one(bars, "triple_barrier_9_1_1_2", sessions)
    assert found.values[2] == 0.0
    assert found.end_ns[2] == bars["event_time_ns"][4]
    assert np.isnan(found.values[4])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("forward_return(5)", "forward_return_5"),
        ("forward_return", "forward_return_1"),
        (" threshold(1d, 10) ", "threshold_1d_10"),
        ("triple_barrier(10, 1, 2.5)", "triple_barrier_10_1_2.5_20"),
        ("direction_5m_1.5.mid", "direction_5m_1.5.mid"),
        ("next_tick", "next_tick"),
    ],
)
def test_a_label_has_one_spelling(text: str, name: str) -> None:
    assert asked(text).name == name
    assert asked(name).name == name


@pytest.mark.parametrize(
    "text",
    [
        "", "nothing", "forward_return(0)", "forward_return(5, 5)", "threshold(1, x)", "direction(1w)",
        "triple_barrier(5, 0)", "triple_barrier(5, 1, 1, 1.5)", "next_tick(1)", "threshold(1, -3)",
    ],
)  # fmt: skip
def test_a_label_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        asked(text)


def test_a_tape_without_bars_has_no_labels() -> None:
    assert [len(column.values) for column in label(tape(1).rows(0, 0), [asked(text) for text in EVERY])] == [
        0
    ] * len(EVERY)
