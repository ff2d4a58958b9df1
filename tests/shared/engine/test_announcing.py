"""How far a run has come, and what may still be told of it."""

from __future__ import annotations

import msgspec
import pytest

from shared.engine.announcing import announce, published, recorded
from shared.engine.bus import Key
from shared.engine.log import Cursor
from shared.engine.memory_bus import MemoryBus, MemoryHub
from shared.engine.promise import StageState
from shared.engine.stage import letter
from shared.failures import Refused
from shared.store.contract import Commit, RunRow
from shared.store.memory import MemoryStore
from shared.streams import TICKS
from shared.time import BEFORE_TAPE
from tests.fixtures.plans import PLAN


def test_a_run_has_come_as_far_as_ingest_has_promised() -> None:
    bus = MemoryBus(MemoryHub())
    assert published(bus, PLAN) == BEFORE_TAPE
    keys = [Key(TICKS.name, p) for p in range(PLAN.partitions)]
    bus.ensure(keys)
    for seq, watermark in ((1, 7), (2, 9)):
        blocks = [TICKS.empty(watermark_ns=watermark, partition=key.partition) for key in keys]
        bus.publish([letter(block, "t", seq, seq - 1) for block in blocks])
    assert published(bus, PLAN) == 9


def test_or_as_far_as_any_stage_has_durably_read() -> None:
    store = MemoryStore()
    store.open_run(RunRow(run="t", mode="strict"))
    assert recorded(store, "t", PLAN) == BEFORE_TAPE
    epoch = store.take_lease("t", "risk:0", "t")
    state = StageState(1, 0, 0, {"bars/0": Cursor(3, 42)}, {}, b"")
    raw = msgspec.msgpack.encode(state)
    store.commit("t", [Commit(stage="risk", partition=0, epoch=epoch, seq=1, state=raw)])
    assert recorded(store, "t", PLAN) == 42


def test_an_unknown_run_is_refused() -> None:
    with pytest.raises(Refused, match="no run t"):
        announce(MemoryStore(), "redis://127.0.0.1:1", "t", [])
