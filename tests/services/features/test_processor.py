"""Bars close by watermark and grid, whatever the cuts; vectors look at nothing that comes later."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from shared.block import Block
from shared.failures import BadInput, Refused
from shared.streams import BARS
from shared.time import END_OF_TAPE
from tests.fixtures.feature_tapes import (
    SECOND_NS,
    START_NS,
    content,
    cut,
    end_of,
    quote,
    random_bars,
    random_tape,
    run,
    ticks,
    trade,
)

SPEC = FeatureSpec(interval_ns=SECOND_NS)
T = START_NS + SECOND_NS
"""The close of the first bar."""

cuts = st.lists(st.integers(0, 600), max_size=40)


def fresh() -> FeatureProcessor:
    return FeatureProcessor(SPEC, 3)


@given(seed=st.integers(0, 1_000), places=cuts)
@settings(max_examples=60, deadline=None)
def test_rows_and_state_do_not_depend_on_how_the_tape_is_cut(seed: int, places: list[int]) -> None:
    tape = random_tape(600, 5, seed)
    whole, pieces = fresh(), fresh()
    expected = content(run(whole, [tape]))
    assert content(run(pieces, list(cut(tape, places)))) == expected
    assert pieces.snapshot() == whole.snapshot()


@given(seed=st.integers(0, 1_000), place=st.integers(0, 600))
@settings(max_examples=40, deadline=None)
def test_a_restored_twin_goes_on_bit_for_bit(seed: int, place: int) -> None:
    tape = random_tape(600, 5, seed)
    before, after = cut(tape, [place])
    first, twin = fresh(), fresh()
    run(first, [before])
    twin.restore(first.snapshot())
    assert content(run(twin, [after])) == content(run(first, [after]))
    assert twin.snapshot() == first.snapshot()


@given(seed=st.integers(0, 1_000), place=st.integers(1, 600))
@settings(max_examples=40, deadline=None)
def test_nothing_looks_ahead(seed: int, place: int) -> None:
    tape = random_tape(600, 5, seed)
    known, _ = cut(tape, [place])
    whole = run(fresh(), [tape])["features"]
    early = run(fresh(), [known]).get("features")
    rows = 0 if early is None else len(early)
    if early is not None:
        assert early["values"].tobytes() == whole["values"][:rows].tobytes()
        assert early["event_time_ns"].tobytes() == whole["event_time_ns"][:rows].tobytes()


def test_many_instruments_and_closes_fit_whatever_the_room() -> None:
    tape = random_tape(60_000, 400, 5, SECOND_NS // 3)
    whole, pieces = fresh(), fresh()
    out = run(whole, [tape])
    assert len(out["bars"]) > 10_000
    assert content(run(pieces, list(cut(tape, range(0, 60_000, 777))))) == content(out)
    assert content({"bars": out["bars"].sorted()}) == content({"bars": out["bars"]})


def test_a_tick_exactly_at_the_close_belongs_to_the_next_bar() -> None:
    tape = ticks([trade(T - 1, 100, 2), trade(T, 105, 3, -1), trade(T + 1, 103, 4)], T + SECOND_NS - 1)
    bars = run(fresh(), [tape])["bars"]
    assert bars["event_time_ns"].tolist() == [T, T + SECOND_NS]
    assert bars["open"].tolist() == [100, 105]
    assert bars["close"].tolist() == [100, 103]
    assert bars["volume"].tolist() == [2, 7]
    assert bars["signed_volume"].tolist() == [2, 1]
    assert bars["vwap"].tolist() == [100.0, (105 * 3 + 103 * 4) / 7]
    assert bars.watermark_ns == T + 2 * SECOND_NS - 1


def test_a_bar_closes_when_the_watermark_is_one_before_its_end_and_not_earlier() -> None:
    processor = fresh()
    open_bar = run(processor, [ticks([trade(T - 5, 100)], T - 6), ticks([], T - 2)])
    assert "bars" not in open_bar or len(open_bar["bars"]) == 0
    closed = run(processor, [ticks([], T - 1)])
    assert closed["bars"]["event_time_ns"].tolist() == [T]
    assert closed["features"].watermark_ns == T + SECOND_NS - 1


def test_an_interval_without_ticks_has_no_bar_but_moves_time() -> None:
    processor = fresh()
    tape = [ticks([trade(T - 5, 100)], T - 5), ticks([trade(T + 3 * SECOND_NS, 110)], T + 3 * SECOND_NS)]
    bars = run(processor, tape)["bars"]
    assert bars["event_time_ns"].tolist() == [T]
    assert bars.watermark_ns == T + 4 * SECOND_NS - 1
    (later, _) = processor.handle(ticks([], T + 6 * SECOND_NS))
    assert later["event_time_ns"].tolist() == [T + 4 * SECOND_NS]
    assert later.watermark_ns == T + 7 * SECOND_NS - 1


def test_quotes_alone_make_a_bar_of_their_middles() -> None:
    rows = [quote(T - 9, 100, 103), quote(T - 8, 0, 103), quote(T - 7, 90, 92), quote(T - 6, 97, 99)]
    bars = run(fresh(), [ticks(rows, T)])["bars"]
    prices = [bars[name].tolist() for name in ("open", "high", "low", "close", "bid", "ask", "volume")]
    assert prices == [[101], [101], [91], [98], [97], [99], [0]]
    assert bars["vwap"].tolist() == [98.0]


def test_a_trade_outweighs_quotes_and_a_one_sided_quote_makes_no_bar() -> None:
    rows = [quote(T - 9, 100, 103), trade(T - 8, 50), quote(T - 8, 100, 0, instrument=2)]
    bars = run(fresh(), [ticks(rows, T)])["bars"]
    assert bars["instrument"].tolist() == [1]
    assert bars["close"].tolist() == [50]


def test_rows_of_bars_merge_in() -> None:
    bar = {"event_time_ns": T - 3, "instrument": 1, "kind": 3, "open": 10, "high": 30, "low": 5, "price": 25}
    bars = run(fresh(), [ticks([{**bar, "size": 6}, trade(T - 2, 40, 4)], T)])["bars"]
    prices = [bars[name].tolist() for name in ("open", "high", "low", "close", "volume", "trades")]
    assert prices == [[10], [40], [5], [40], [10], [1]]
    assert bars["vwap"].tolist() == [(20.0 * 6 + 40 * 4) / 10]


def test_an_unfinished_last_bar_is_never_emitted() -> None:
    tape = ticks([trade(T - 5, 100), trade(T + 5, 100)], T + 5)
    out = run(fresh(), [tape, end_of(tape)])
    assert out["bars"]["event_time_ns"].tolist() == [T]
    assert out["bars"].watermark_ns == out["features"].watermark_ns == END_OF_TAPE


def test_an_idle_partition_passes_time_on_and_repeats_nothing() -> None:
    processor = fresh()
    given = [len(list(processor.handle(ticks([], T + i)))) for i in (-1, 0, 1, SECOND_NS - 2, SECOND_NS - 1)]
    assert given == [2, 0, 0, 0, 2]


@pytest.mark.parametrize(
    "bad",
    [
        ticks([trade(T + 20, 100), trade(T + 19, 100)], T + 20),
        ticks([trade(T + 10, 100)], T + 20),
        ticks([{**trade(T + 20, 100), "kind": 9}], T + 20),
        ticks([trade(T + 20, 0)], T + 20),
        ticks([trade(T + 20, 100, -1)], T + 20),
        BARS.empty(watermark_ns=T + 20),
    ],
    ids=["unsorted", "after its watermark", "unknown kind", "no price", "negative size", "other stream"],
)
def test_a_bad_block_changes_nothing(bad: Block) -> None:
    processor = fresh()
    run(processor, [ticks([trade(T + 5, 100)], T + 10)])
    before = processor.snapshot()
    with pytest.raises(BadInput):
        processor.handle(bad)
    assert processor.snapshot() == before


def test_a_twin_of_another_grid_is_refused() -> None:
    with pytest.raises(Refused):
        FeatureProcessor(FeatureSpec(interval_ns=2 * SECOND_NS), 3).restore(fresh().snapshot())


def test_history_warms_the_first_live_bar() -> None:
    history = random_bars(40, 3, 1, SECOND_NS)
    processor = FeatureProcessor(SPEC, 0)
    vectors = processor.learn(history)
    assert np.isnan(vectors["values"][: 3 * 20]).any(axis=1).all()
    assert not np.isnan(vectors["values"][3 * 26 :]).any()
    last = int(history["event_time_ns"][-1])
    live = run(processor, [ticks([trade(last, 50_000)], last + SECOND_NS)])["features"]
    assert not np.isnan(live["values"]).any()


def test_bars_of_the_past_and_ticks_give_the_same_vectors() -> None:
    out = run(fresh(), [random_tape(3_000, 4, 11)])
    learned = FeatureProcessor(SPEC, 3).learn(out["bars"])
    assert learned["values"].tobytes() == out["features"]["values"].tobytes()


@given(seed=st.integers(0, 1_000))
@settings(max_examples=20, deadline=None)
def test_vectors_do_not_depend_on_how_bars_are_grouped(seed: int) -> None:
    draw = np.random.default_rng(seed)
    history = random_bars(30, 40, seed, SECOND_NS)
    places = np.repeat(np.arange(len(history)), draw.integers(0, 3, len(history)))
    mixed = history.take(places[np.lexsort([draw.random(len(places)), history["event_time_ns"][places]])])
    whole, single = fresh(), fresh()
    vectors = whole.learn(mixed)["values"]
    ones = [single.learn(mixed.rows(i, i + 1))["values"] for i in range(len(mixed))]
    assert vectors.tobytes() == np.concatenate(ones).tobytes()
    assert whole.snapshot() == single.snapshot()


def test_history_out_of_order_or_of_another_length_changes_nothing() -> None:
    processor = FeatureProcessor(SPEC, 0)
    history = random_bars(10, 2, 1, SECOND_NS)
    before = processor.snapshot()
    with pytest.raises(BadInput):
        processor.learn(history.take(np.array([4, 1])))
    with pytest.raises(BadInput):
        processor.learn(random_bars(10, 2, 1, 2 * SECOND_NS))
    assert processor.snapshot() == before


def test_the_same_laws_hold_without_the_compiler() -> None:
    code = (
        "from tests.fixtures.feature_tapes import *\n"
        "from services.features.processor import FeatureProcessor\n"
        "from services.features.config import FeatureSpec\n"
        "import numba; assert numba.config.DISABLE_JIT\n"
        "tape = random_tape(400, 3, 2); spec = FeatureSpec(interval_ns=SECOND_NS)\n"
        "one, two = FeatureProcessor(spec, 0), FeatureProcessor(spec, 0)\n"
        "assert content(run(one, [tape])) == content(run(two, list(cut(tape, [7, 8, 200]))))\n"
        "assert one.snapshot() == two.snapshot()\n"
        "print(len(one.snapshot()))\n"
    )
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.getcwd()}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
