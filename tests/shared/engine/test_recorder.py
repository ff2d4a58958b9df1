"""What is recorded is recorded once, wherever the process dies."""

from __future__ import annotations

import pytest

from shared.block import Block
from shared.engine.bus import Key
from shared.engine.memory_bus import MemoryBus, MemoryHub
from shared.engine.promise import read_state
from shared.engine.recorder import GATHER_NS, RecorderStage
from shared.failures import Fenced
from shared.store.contract import RunRow
from shared.store.memory import MemoryStore
from shared.streams import BARS, PREDICTIONS
from tests.fixtures.blocks import block


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore()
    made.open_run(RunRow(run="t", mode="live"))
    return made


def started(store: MemoryStore) -> RecorderStage:
    stage = RecorderStage((BARS, PREDICTIONS), range(2))
    stage.run = "t"
    stage.resume(MemoryBus(MemoryHub()), store)
    return stage


def bars(number: int, partition: int) -> Block:
    made = block(BARS, [number * 10], watermark_ns=number * 10, partition=partition, instrument=[partition])
    return made.numbered("t", number, number - 1)


def work(stage: RecorderStage, store: MemoryStore, now_ns: int) -> None:
    for at in (now_ns, now_ns + GATHER_NS):
        commits = stage.advance(at).commits
        if commits:
            store.commit("t", commits)


def times(store: MemoryStore) -> list[int]:
    found: list[int] = store.read_rows("t", "bars")["event_time_ns"].tolist()
    return found


def test_a_close_of_all_partitions_is_one_transaction(store: MemoryStore) -> None:
    stage = started(store)
    stage.advance(0)
    for partition in range(2):
        stage.offer(Key("bars", partition), bars(1, partition))
    assert stage.advance(GATHER_NS // 2).commits == []
    (commit,) = stage.advance(GATHER_NS).commits
    assert [len(rows) for rows in commit.rows] == [2]


def test_rows_that_come_again_after_a_restart_are_not_written_again(store: MemoryStore) -> None:
    stage = started(store)
    stage.offer(Key("bars", 0), bars(1, 0))
    work(stage, store, 10 * GATHER_NS)
    again = started(store)
    assert again.positions()[Key("bars", 0)] == 1
    for number in (1, 2):
        again.offer(Key("bars", 0), bars(number, 0))
    work(again, store, 20 * GATHER_NS)
    assert times(store) == [10, 20]


def test_what_was_not_committed_is_read_again(store: MemoryStore) -> None:
    stage = started(store)
    stage.offer(Key("bars", 0), bars(1, 0))
    assert stage.durable()[Key("bars", 0)] == 0
    work(stage, store, 10 * GATHER_NS)
    assert stage.durable()[Key("bars", 0)] == 1
    row = store.stage("t", "recorder", 0)
    state = read_state(row.state if row else None)
    assert state is not None
    assert state.cursor(Key("bars", 0)).seq == 1


def test_a_zombie_writes_nothing(store: MemoryStore) -> None:
    zombie = started(store)
    started(store)
    zombie.offer(Key("bars", 0), bars(1, 0))
    with pytest.raises(Fenced):
        work(zombie, store, 10 * GATHER_NS)
    assert times(store) == []


class Forgets:
    """Notes at which market time it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def turn(self, run: str, market_ns: int, now_ns: int) -> None:
        """Deletes nothing."""
        self.asked.append((run, market_ns))


def test_it_forgets_by_the_time_of_the_rows_that_it_has_written(store: MemoryStore) -> None:
    forgets = Forgets()
    stage = RecorderStage((BARS,), range(1), [forgets])
    stage.run = "t"
    stage.resume(MemoryBus(MemoryHub()), store)
    stage.published(store, 5)
    stage.offer(Key("bars", 0), bars(1, 0))
    work(stage, store, 10 * GATHER_NS)
    stage.published(store, 5)
    assert forgets.asked == [("t", 10)]
