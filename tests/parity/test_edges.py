"""At the edges of what a tape can hold, the fused loop and the stages still agree."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any, Final

import numpy as np
import pytest

from research.replay.tally import Rows, tally
from shared.block import Block
from shared.engine.plan import RunPlan
from shared.ids import partition_of
from shared.time import SECOND_NS
from shared.verdicts import Verdict
from tests.fixtures.replays import Recorded, changed, rows_in_process, staged

COARSE_NS: Final = SECOND_NS // 20
EAGER: Final[dict[str, Any]] = {"entry_threshold": 0.34, "exit_threshold": 0.34}


def on_a_coarse_clock(recorded: Recorded, rows: int) -> Block:
    """The first ticks of the tape, moved to a grid that hits closes, so that many happen at one time."""
    ticks = recorded.tape.ticks.rows(0, rows)
    times = ticks["event_time_ns"] // COARSE_NS * COARSE_NS
    moved = replace(ticks, columns={**ticks.columns, "event_time_ns": times}).sorted()
    return moved.until(int(times[-1]))


def same(recorded: Recorded, plan: RunPlan, ticks: Block) -> Rows:
    """The rows of the fused loop, after checking that the stages give the same ledger."""
    rows = rows_in_process(recorded, plan, ticks, 500)
    assert staged(recorded, plan, ticks, 150, Random(9)).ledger_sha256 == tally(rows).ledger_sha256
    return rows


def test_a_tape_without_a_signal(recorded: Recorded) -> None:
    plan = changed(recorded.plan, {"entry_threshold": 1.0, "exit_threshold": 1.0}, {})
    rows = same(recorded, plan, on_a_coarse_clock(recorded, 3_000))
    assert len(rows.verdicts) > 0
    assert len(rows.orders) == len(rows.fills) == 0


def test_a_tape_of_one_instrument_leaves_partitions_idle(recorded: Recorded) -> None:
    whole = on_a_coarse_clock(recorded, 8_000)
    one = int(whole["instrument"][0])
    ticks = whole.take(np.flatnonzero(whole["instrument"] == one))
    assert partition_of(one, recorded.plan.partitions) < recorded.plan.partitions
    rows = same(recorded, changed(recorded.plan, EAGER, {}), ticks.until(whole.watermark_ns))
    assert len(rows.fills) > 0


def test_a_fill_on_every_tick(recorded: Recorded) -> None:
    """Each print lets only a small share of it be taken, so that an order fills for as long as it can."""
    plan = changed(recorded.plan, EAGER, {"participation": "0.01"})
    rows = same(recorded, plan, on_a_coarse_clock(recorded, 3_000))
    assert len(rows.fills) > 5 * len(rows.orders)


@pytest.mark.parametrize("latency_ns", [1, COARSE_NS, 4 * SECOND_NS])
def test_any_latency_from_a_nanosecond_to_two_bars(latency_ns: int, recorded: Recorded) -> None:
    plan = changed(recorded.plan, EAGER, {"latency_ns": latency_ns})
    rows = same(recorded, plan, on_a_coarse_clock(recorded, 4_000))
    assert len(rows.fills) > 0


def test_a_fill_exactly_at_a_close_and_two_instruments_at_one_time(recorded: Recorded) -> None:
    plan = changed(recorded.plan, EAGER, {"latency_ns": recorded.plan.interval_ns})
    rows = same(recorded, plan, on_a_coarse_clock(recorded, 4_000))
    fills = rows.fills
    at_a_close = fills["event_time_ns"] % recorded.plan.interval_ns == 0
    assert at_a_close.any()
    times, count = np.unique(
        np.unique(np.stack([fills["event_time_ns"], fills["instrument"]]), axis=1)[0], return_counts=True
    )
    assert len(times) and count.max() > 1


def test_a_tape_that_ends_with_open_orders(recorded: Recorded) -> None:
    plan = changed(recorded.plan, EAGER, {"latency_ns": 10**15})
    rows = same(recorded, plan, on_a_coarse_clock(recorded, 3_000))
    assert len(rows.orders) > 0 and len(rows.fills) == 0
    assert Verdict.ORDER_WORKING in rows.verdicts["verdict"]


def test_rejected_entries_are_tried_again_on_every_engine(recorded: Recorded) -> None:
    plan = changed(recorded.plan, EAGER, {"most_lots": 1})
    rows = same(recorded, plan, on_a_coarse_clock(recorded, 3_000))
    assert len(rows.fills) == 0
    assert np.unique(rows.orders["instrument"], return_counts=True)[1].max() > 5
