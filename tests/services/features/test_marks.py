"""Live bars keep to sessions as those of recorded tapes do, whatever the cuts; no bar spans a close."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.features.building import BarBuilder, BarRule
from services.features.config import FeatureSpec
from services.features.marks import Marks
from services.features.processor import FeatureProcessor
from services.features.state import State
from shared.block import Block
from shared.calendars import Sessions
from shared.failures import BadInput, Refused
from shared.hours import Hours, by_instrument, hours_of
from shared.market import Instrument
from shared.time import DAY_NS, MINUTE_NS
from tests.fixtures.feature_tapes import (
    SECOND_NS,
    START_NS,
    content,
    cut,
    end_of,
    random_bars,
    random_tape,
    run,
    ticks,
    trade,
)

HOUR_NS = 60 * MINUTE_NS
SHARE, COIN, ELSEWHERE = 17, 34, 51
SPEC = FeatureSpec(interval_ns=SECOND_NS)
cuts = st.lists(st.integers(0, 600), max_size=40)


def short_days(calendar: str, instrument: int, first_ns: int) -> Hours:
    """Sessions of three and a half seconds every five, so that the last bar of each is half a second."""
    opens = tuple(START_NS + first_ns + 5 * SECOND_NS * day for day in range(60))
    closes = tuple(open_ + 7 * SECOND_NS // 2 for open_ in opens)
    return Hours(
        calendar=calendar, instruments=(instrument,), opens=opens, closes=closes, until_ns=START_NS + DAY_NS
    )


HOURS = (
    short_days("ONE", SHARE, SECOND_NS // 10 * 3),
    short_days("TWO", ELSEWHERE, 2 * SECOND_NS + SECOND_NS // 10),
)


def fresh() -> FeatureProcessor:
    return FeatureProcessor(SPEC, 3, hours=HOURS)


@given(seed=st.integers(0, 1_000), places=cuts)
@settings(max_examples=60, deadline=None)
def test_rows_and_state_do_not_depend_on_how_the_tape_is_cut(seed: int, places: list[int]) -> None:
    tape = random_tape(600, 4, seed)
    whole, pieces = fresh(), fresh()
    expected = content(run(whole, [tape]))
    assert content(run(pieces, list(cut(tape, places)))) == expected
    assert pieces.snapshot() == whole.snapshot()


@given(seed=st.integers(0, 1_000), place=st.integers(0, 600))
@settings(max_examples=40, deadline=None)
def test_a_restored_twin_goes_on_bit_for_bit(seed: int, place: int) -> None:
    tape = random_tape(600, 4, seed)
    before, after = cut(tape, [place])
    first, twin = fresh(), fresh()
    run(first, [before])
    twin.restore(first.snapshot())
    assert content(run(twin, [after])) == content(run(first, [after]))
    assert twin.snapshot() == first.snapshot()


@given(seed=st.integers(0, 1_000), place=st.integers(0, 600))
@settings(max_examples=20, deadline=None)
def test_a_twin_that_knows_its_calendars_further_goes_on_alike(seed: int, place: int) -> None:
    tape = random_tape(600, 4, seed)
    before, after = cut(tape, [place])
    less = tuple(msgspec.structs.replace(one, opens=one.opens[:40], closes=one.closes[:40]) for one in HOURS)
    first = FeatureProcessor(SPEC, 3, hours=less)
    run(first, [before])
    twin = fresh()
    twin.restore(first.snapshot())
    assert content(run(twin, [after])) == content(run(first, [after]))


@given(seed=st.integers(0, 1_000), place=st.integers(1, 600))
@settings(max_examples=40, deadline=None)
def test_nothing_looks_ahead(seed: int, place: int) -> None:
    tape = random_tape(600, 4, seed)
    known, _ = cut(tape, [place])
    whole, early = run(fresh(), [tape])["features"], run(fresh(), [known]).get("features")
    if early is not None:
        assert early["values"].tobytes() == whole["values"][: len(early)].tobytes()
        assert early["event_time_ns"].tobytes() == whole["event_time_ns"][: len(early)].tobytes()


@given(seed=st.integers(0, 1_000), places=cuts)
@settings(max_examples=30, deadline=None)
def test_no_bar_comes_after_the_promise_that_excludes_it(seed: int, places: list[int]) -> None:
    processor, promised = fresh(), 0
    for block in cut(random_tape(600, 4, seed), places):
        for out in processor.handle(block):
            if out.stream.name == "bars":
                assert (out["event_time_ns"] > promised).all()
                promised = out.watermark_ns


@given(seed=st.integers(0, 1_000))
@settings(max_examples=30, deadline=None)
def test_live_bars_are_those_of_recorded_tapes(seed: int) -> None:
    tape = random_tape(600, 4, seed)
    live = run(fresh(), [tape])["bars"]
    batch = BarBuilder(BarRule(kind="time", size=SECOND_NS), by_instrument(HOURS)).take(tape)
    assert content({"bars": live}) == content({"bars": batch.until(live.watermark_ns)})


@given(seed=st.integers(0, 1_000))
@settings(max_examples=30, deadline=None)
def test_without_sessions_both_loops_are_one(seed: int) -> None:
    tape = random_tape(600, 4, seed)
    nobody = msgspec.structs.replace(HOURS[0], instruments=(9_999,))
    kept = run(FeatureProcessor(SPEC, 3, hours=(nobody,)), [tape])
    assert content({"bars": kept["bars"]}) == content(
        {"bars": run(FeatureProcessor(SPEC, 3), [tape])["bars"]}
    )


def test_many_instruments_fit_whatever_the_room() -> None:
    tape = random_tape(60_000, 400, 5, SECOND_NS // 300)
    whole, pieces = fresh(), fresh()
    out = run(whole, [tape])
    assert len(out["bars"]) > 10_000
    assert content(run(pieces, list(cut(tape, range(0, 60_000, 777))))) == content(out)


def at(text: str) -> int:
    return int(np.datetime64(text, "ns").astype(np.int64))


def named(bars: Block, instrument: int) -> list[tuple[str, str]]:
    """From when to when each bar lasted."""
    rows = bars.take(np.flatnonzero(bars["instrument"] == instrument))
    ends = rows["event_time_ns"]
    return [
        (str(np.datetime64(int(end - length), "ns"))[5:16], str(np.datetime64(int(end), "ns"))[5:16])
        for end, length in zip(ends, rows["interval_ns"], strict=True)
    ]


def a_tape(minutes: Iterable[int]) -> Block:
    """A trade of a share and of a coin at each of these minutes of the epoch."""
    rows = [
        trade(minute * MINUTE_NS + 1, 100 + minute % 7, instrument=instrument)
        for minute in minutes
        for instrument in (SHARE, COIN)
    ]
    return ticks(rows, rows[-1]["event_time_ns"])


def through(tape: Block, interval_ns: int, folder: Path) -> Block:
    """The bars of a share of New York and of a coin, block by block."""
    known = [
        Instrument(instrument=SHARE, symbol="SHARE", calendar="XNYS"),
        Instrument(instrument=COIN, symbol="COIN"),
    ]
    times = tape["event_time_ns"]
    hours = hours_of(known, int(times[0]), int(times[-1]), folder)
    processor = FeatureProcessor(FeatureSpec(interval_ns=interval_ns), 0, hours=hours)
    return run(processor, [*cut(tape, range(0, len(tape), 50)), end_of(tape)])["bars"]


def days(first: str, last: str) -> range:
    return range(at(first) // MINUTE_NS, at(last) // MINUTE_NS + 1)


def test_a_half_day_ends_early_and_its_last_hour_is_half_of_one(tmp_path: Path) -> None:
    bars = through(a_tape(days("2024-11-29T13:00", "2024-12-02T15:31")), HOUR_NS, tmp_path)
    assert named(bars, SHARE) == [
        ("11-29T14:30", "11-29T15:30"),
        ("11-29T15:30", "11-29T16:30"),
        ("11-29T16:30", "11-29T17:30"),
        ("11-29T17:30", "11-29T18:00"),
        ("12-02T14:30", "12-02T15:30"),
    ]
    assert named(bars, COIN)[:2] == [("11-29T13:00", "11-29T14:00"), ("11-29T14:00", "11-29T15:00")]
    assert len(named(bars, COIN)) == 3 * 24 + 2


def test_a_day_is_its_session_and_a_coin_keeps_the_day_of_utc(tmp_path: Path) -> None:
    bars = through(a_tape(days("2024-11-27T12:00", "2024-11-30T00:00")), DAY_NS, tmp_path)
    assert named(bars, SHARE) == [("11-27T14:30", "11-27T21:00"), ("11-29T14:30", "11-29T18:00")]
    assert named(bars, COIN) == [
        ("11-27T00:00", "11-28T00:00"),
        ("11-28T00:00", "11-29T00:00"),
        ("11-29T00:00", "11-30T00:00"),
    ]


def test_the_grid_moves_with_summer_time(tmp_path: Path) -> None:
    bars = through(a_tape(days("2024-03-08T20:00", "2024-03-11T15:00")), HOUR_NS, tmp_path)
    assert named(bars, SHARE) == [
        ("03-08T19:30", "03-08T20:30"),
        ("03-08T20:30", "03-08T21:00"),
        ("03-11T13:30", "03-11T14:30"),
    ]


def test_a_trade_at_the_close_is_in_no_bar(tmp_path: Path) -> None:
    close = at("2024-11-29T18:00")
    rows = [trade(close - 1, 100, 2, instrument=SHARE), trade(close, 500, 9, instrument=SHARE)]
    bars = through(ticks(rows, close), MINUTE_NS, tmp_path)
    assert bars["event_time_ns"].tolist() == [close]
    assert (bars["close"].tolist(), bars["volume"].tolist()) == ([100], [2])


def test_bars_that_a_close_cut_short_are_learned_and_longer_ones_are_not() -> None:
    out = run(fresh(), [random_tape(600, 4, 3)])
    assert len(np.unique(out["bars"]["interval_ns"])) > 1
    assert fresh().learn(out["bars"])["values"].tobytes() == out["features"]["values"].tobytes()
    with pytest.raises(BadInput, match="another length"):
        fresh().learn(random_bars(10, 2, 1, 2 * SECOND_NS))
    with pytest.raises(BadInput, match="another length"):
        FeatureProcessor(SPEC, 3).learn(out["bars"])


def test_history_is_not_learned_while_a_bar_is_open() -> None:
    processor = fresh()
    run(processor, [ticks([trade(START_NS + SECOND_NS, 100, instrument=SHARE)], START_NS + SECOND_NS)])
    with pytest.raises(BadInput, match="is being built"):
        processor.learn(random_bars(10, 2, 1, SECOND_NS))


def test_time_beyond_what_the_calendars_say_is_refused_with_the_mend() -> None:
    late = ticks([], START_NS + DAY_NS + 1)
    with pytest.raises(Refused, match="open the run again"):
        fresh().handle(late)


def test_the_next_close_is_that_of_whoever_closes_first() -> None:
    table = Sessions(np.array([1_000]), np.array([1_250]))
    marks = Marks(State(100, 0, DAY_NS, 0), {1: table})
    found = [marks.next_close(time_ns, 100, 0) for time_ns in (1_100, 1_199, 1_249, 1_250)]
    assert found == [1_200, 1_200, 1_250, 1_300]
