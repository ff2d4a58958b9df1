"""Workers share a run without a gap or an overlap, and know what nobody needs again."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import msgspec

from shared.engine.bus import Key
from shared.engine.context import Context
from shared.engine.log import Cursor
from shared.engine.promise import NO_LIMIT, StageState
from shared.market import Instruments
from shared.store.contract import Commit, RunRow
from shared.store.memory import MemoryStore
from tests.fixtures.plans import PLAN


def context(worker: int = 0, workers: int = 1, store: MemoryStore | None = None) -> Context:
    made = store or MemoryStore()
    if store is None:
        made.open_run(RunRow(run="t", mode="strict"))
    return Context("t", PLAN, Instruments(), made, Path(), worker, workers)


def holds(store: MemoryStore, stage: str, account: int, cursors: dict[str, int]) -> None:
    """Makes a stage's reading durable."""
    epoch = store.take_lease("t", f"{stage}:{account}", "t")
    state = StageState(1, 0, 0, {key: Cursor(seq) for key, seq in cursors.items()}, {}, b"")
    raw = msgspec.msgpack.encode(state)
    store.commit("t", [Commit(stage=stage, partition=account, epoch=epoch, seq=1, state=raw)])


def test_workers_take_every_partition_and_account_once() -> None:
    shares = [context(worker, 3) for worker in range(3)]
    assert sorted(p for share in shares for p in share.partitions) == [0, 1, 2, 3]
    assert sorted(a for share in shares for a in share.accounts) == [0, 1]


def test_without_a_durable_reader_everything_may_be_asked_for() -> None:
    assert context().floor(Key("fills", 0)) == 0


def test_nobody_asks_again_for_a_log_without_promising_readers() -> None:
    assert context().floor(Key("order_events", 0)) == NO_LIMIT


def test_the_floor_is_what_the_slowest_reader_holds() -> None:
    made = context()
    assert isinstance(made.store, MemoryStore)
    holds(made.store, "risk", 0, {"fills:0": 9})
    assert made.floor(Key("fills", 0)) == 0
    holds(made.store, "ledger", 0, {"fills:0": 4})
    assert made.floor(Key("fills", 0)) == 4


def test_features_are_needed_as_long_as_the_predictions_made_from_them() -> None:
    made = context()
    assert isinstance(made.store, MemoryStore)
    holds(made.store, "risk", 0, {"predictions:2": 7})
    holds(made.store, "risk", 1, {"predictions:2": 5})
    assert made.floor(Key("features", 2)) == 5


def test_a_live_run_needs_its_vectors_until_the_recorder_holds_them_too() -> None:
    made = context()
    assert isinstance(made.store, MemoryStore)
    live = dataclasses.replace(made, plan=msgspec.structs.replace(PLAN, mode="live"))
    for account in (0, 1):
        holds(made.store, "risk", account, {"predictions:2": 7})
    holds(made.store, "recorder", 0, {"predictions:2": 7})
    assert live.floor(Key("features", 2)) == 7
    holds(made.store, "recorder", 0, {"predictions:2": 7, "features:2": 4})
    assert live.floor(Key("features", 2)) == 4
