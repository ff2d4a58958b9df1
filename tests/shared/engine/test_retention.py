"""What is old goes little by little; what is younger than its days, and all money, stays."""

from __future__ import annotations

import msgspec
import numpy as np

from shared.block import Block
from shared.engine.live_closes import Heads
from shared.engine.plan import Retention
from shared.engine.retention import (
    AGAIN_NS,
    LOOK_EVERY_NS,
    ROWS_AT_ONCE,
    JournalForgotten,
    RowsForgotten,
)
from shared.store.contract import Store
from shared.streams import BARS
from shared.time import DAY_NS
from tests.fixtures.blocks import block
from tests.fixtures.stores import RUN, step

NOW_NS = 10 * DAY_NS


def bars(*days: float) -> Block:
    """A bar at each of these days."""
    times = [round(day * DAY_NS) for day in days]
    return block(BARS, times, watermark_ns=times[-1], instrument=list(range(len(times))))


def days_of(store: Store, stream: str = "bars") -> list[float]:
    return [time_ns / DAY_NS for time_ns in store.read_rows(RUN, stream)["event_time_ns"].tolist()]


def test_rows_older_than_their_days_go(store: Store) -> None:
    store.copy_rows(RUN, bars(1, 6.9, 7, 9.5))
    RowsForgotten(store, Retention(bars_days=3.0)).turn(RUN, NOW_NS, 1)
    assert days_of(store) == [7, 9.5]


def test_nought_days_are_for_ever(store: Store) -> None:
    store.copy_rows(RUN, bars(1, 2))
    RowsForgotten(store, Retention(predictions_days=1.0)).turn(RUN, NOW_NS, 1)
    assert days_of(store) == [1, 2]


def test_much_goes_in_batches_with_a_pause_between(store: Store) -> None:
    store.copy_rows(RUN, bars(*np.linspace(1, 2, ROWS_AT_ONCE + 10).tolist()))
    forgotten, left = RowsForgotten(store, Retention(bars_days=1.0)), list[int]()
    for now_ns in (0, AGAIN_NS - 1, AGAIN_NS, AGAIN_NS + LOOK_EVERY_NS):
        forgotten.turn(RUN, NOW_NS, now_ns)
        left.append(len(days_of(store)))
    assert left == [10, 10, 0, 0]


def entry(*closes_ns: int) -> bytes:
    """What one commit writes into a journal: an entry for each close."""
    return msgspec.msgpack.encode([msgspec.msgpack.encode(Heads(close_ns, {})) for close_ns in closes_ns])


def test_a_journal_goes_back_its_days_and_no_farther(store: Store) -> None:
    epoch = store.take_lease(RUN, "risk:0", "x")
    for day in range(1, 10):
        store.commit(RUN, [step(epoch, day, journal=entry(day * DAY_NS - 5, day * DAY_NS))])
    JournalForgotten(store, 3.0, [("risk", 0), ("risk", 1)]).turn(RUN, NOW_NS, 1)
    assert [seq for seq, _ in store.journal(RUN, "risk", 0, 0)] == [7, 8, 9]


def test_a_journal_of_nought_days_is_kept_for_ever(store: Store) -> None:
    epoch = store.take_lease(RUN, "risk:0", "x")
    store.commit(RUN, [step(epoch, 1, journal=entry(1))])
    JournalForgotten(store, 0.0, [("risk", 0)]).turn(RUN, NOW_NS, 1)
    assert len(list(store.journal(RUN, "risk", 0, 0))) == 1
