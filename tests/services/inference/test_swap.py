"""Models change at a block that is written down first: whatever dies, a number has one model for ever."""

from __future__ import annotations

from random import Random

import pytest

from services.inference.lineup import Lineup, read
from services.inference.swap import NEW_MODEL, SwapStage
from shared import metrics as m
from shared.codec import decode
from shared.engine.bus import Key, number
from shared.engine.memory_bus import MemoryBus, MemoryHub
from shared.engine.meter import Meter
from shared.engine.stage import letter
from shared.engine.worker import Edge, Worker
from shared.failures import Wiped
from shared.models import registry
from shared.models.registry import By
from shared.models.stages import ModelStage
from shared.store.contract import RunRow
from shared.store.memory import MemoryStore
from shared.streams import CONTROL, FEATURES, PREDICTIONS, SHADOW
from tests.fixtures.blocks import block
from tests.fixtures.registry import crown, model_row
from tests.fixtures.toy_models import ToyModels

SOURCE, COMMANDS, OUT = Key("features", 0), Key("control", 0), Key("predictions", 0)
ONE, TWO, THREE = (f"{mark:064x}" for mark in (1, 2, 3))
BY = By("ops", 1)


class Killed(BaseException):
    """A simulated kill."""


class Desk:
    """One partition of inference with a registry of three models, the first of them active."""

    def __init__(self) -> None:
        self.hub, self.store = MemoryHub(), MemoryStore()
        self.store.open_run(RunRow(run="t", mode="live"))
        for mark in (1, 2, 3):
            registry.register(self.store, model_row(mark), BY)
        self.models = ToyModels(Lineup(ONE))
        registry.promote(self.store, registry.find(self.store.models(), ONE), BY)
        self.fed = self.now = 0
        self.rung: list[tuple[int, int]] = []
        self.countdown = -1
        self.worker: Worker | None = None
        self.said: dict[int, bytes] = {}
        MemoryBus(self.hub).ensure([SOURCE, COMMANDS])

    def feed(self, blocks: int) -> None:
        bus = MemoryBus(self.hub)
        for n in range(self.fed + 1, self.fed + blocks + 1):
            rows = block(FEATURES, [n], watermark_ns=n)
            bus.publish([letter(rows, "t", number(1, n), number(1, n - 1) if n > 1 else 0)])
        self.fed += blocks

    def refill(self) -> None:
        """What the services before and beside make again after the bus was lost."""
        self.hub.wipe()
        MemoryBus(self.hub).ensure([SOURCE, COMMANDS])
        fed, rung, self.fed, self.rung = self.fed, self.rung, 0, []
        self.feed(fed)
        for model, command in rung:
            self.ring(model, command)

    def ring(self, model: int, command: int = NEW_MODEL) -> None:
        self.rung.append((model, command))
        n = len(self.rung)
        rows = block(CONTROL, [n], watermark_ns=n, command=[command], argument=[model])
        bus = MemoryBus(self.hub)
        bus.publish([letter(rows, "t", number(1, n), number(1, n - 1) if n > 1 else 0)])

    def crown(self, address: str) -> None:
        """What a promotion does to the registry."""
        crown(self.store, address)

    def crash(self, point: str) -> None:
        self.countdown -= 1
        if self.countdown == 0:
            raise Killed(point)

    def turn(self) -> bool:
        try:
            if self.worker is None:
                processor = self.models.processor(self.models.first)
                stage = SwapStage(SOURCE, COMMANDS, self.models, processor)
                edge = Edge(self.clock, Meter(m.Metrics("inference")), self.crash)
                self.worker = Worker("t", MemoryBus(self.hub), self.store, [stage], edge)
                self.worker.resume()
            moved = self.worker.turn(0.0)
        except (Killed, Wiped):
            self.worker, moved = None, True
        self.check_bytes()
        return moved

    def clock(self) -> int:
        self.now += 1
        return self.now

    def settle(self) -> None:
        while self.turn():
            pass

    def check_bytes(self) -> None:
        """No number ever says anything else than it said first."""
        for entry in MemoryBus(self.hub).read({OUT: 0}, 0.0).get(OUT, []):
            assert self.said.setdefault(entry.seq, entry.payload) == entry.payload

    def spoke(self) -> list[list[tuple[int, int]]]:
        """Model and flags of each block's rows."""
        blocks = [decode(self.said[seq]) for seq in sorted(self.said)]
        assert all(made.stream is PREDICTIONS for made in blocks)
        return [list(zip(made["model"].tolist(), made["flags"].tolist(), strict=True)) for made in blocks]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_promotion_takes_effect_at_the_next_block_and_the_old_model_stays_as_a_shadow(desk: Desk) -> None:
    desk.feed(3)
    desk.settle()
    desk.crown(TWO)
    desk.ring(2)
    desk.models.good.add(TWO)
    desk.settle()
    desk.feed(2)
    desk.settle()
    assert desk.spoke() == [[(1, 0)]] * 3 + [[(2, 0), (1, SHADOW)]] * 2
    assert desk.models.swaps == [(number(1, 3), Lineup(TWO, (ONE,)))]


def test_the_old_model_predicts_until_the_child_has_said_yes(desk: Desk) -> None:
    desk.crown(TWO)
    desk.ring(2)
    desk.feed(2)
    desk.settle()
    assert desk.spoke() == [[(1, 0)]] * 2
    desk.models.good.add(TWO)
    desk.feed(1)
    desk.settle()
    assert desk.spoke()[2] == [(2, 0), (1, SHADOW)]


def test_a_model_that_failed_its_trial_changes_nothing(desk: Desk) -> None:
    desk.models.bad.add(TWO)
    desk.crown(TWO)
    desk.ring(2)
    desk.feed(2)
    desk.settle()
    assert {row for made in desk.spoke() for row in made if row[1] == 0} == {(1, 0)}
    assert all(lineup.active == ONE for _, lineup in desk.models.swaps)


def test_shadows_come_and_go_and_other_commands_mean_nothing(desk: Desk) -> None:
    desk.models.good |= {TWO, THREE}
    desk.turn()
    for command in (1, 2, 3):
        desk.ring(2, command)
    two = registry.put(desk.store, registry.find(desk.store.models(), TWO), ModelStage.SHADOW, BY)
    desk.feed(1)
    desk.settle()
    desk.ring(2)
    desk.settle()
    desk.feed(1)
    desk.settle()
    registry.put(desk.store, two, ModelStage.RETIRED, BY)
    desk.ring(2)
    desk.settle()
    desk.feed(1)
    desk.settle()
    assert desk.spoke() == [[(1, 0)], [(1, 0), (2, SHADOW)], [(1, 0)]]


def test_a_run_that_begins_asks_who_is_watched(desk: Desk) -> None:
    desk.models.good.add(TWO)
    registry.put(desk.store, registry.find(desk.store.models(), TWO), ModelStage.SHADOW, BY)
    desk.turn()
    desk.feed(1)
    desk.settle()
    assert desk.spoke() == [[(1, 0), (2, SHADOW)]]


def test_a_command_about_a_model_that_nobody_knows_is_said(desk: Desk) -> None:
    desk.ring(99)
    desk.feed(1)
    desk.settle()
    assert desk.models.refusals == ["a command names model 99, which the registry does not know"]
    assert desk.spoke() == [[(1, 0)]]


def test_the_block_where_a_partition_changed_is_in_the_record_before_it_is_said(desk: Desk) -> None:
    desk.models.good.add(TWO)
    desk.feed(2)
    desk.settle()
    desk.crown(TWO)
    desk.ring(2)
    desk.settle()
    row = desk.store.stage("t", "inference", 0)
    assert row is not None and row.state is not None
    assert read(row.state).swaps[-1].after == number(1, 2)
    ((_, journal),) = desk.store.journal("t", "inference", 0, 0)
    assert journal == row.state
    assert row.cursors == (("control", 0, number(1, 1), 0),)


def test_a_lost_bus_is_filled_with_what_each_number_said_first(desk: Desk) -> None:
    desk.models.good.add(TWO)
    desk.feed(4)
    desk.settle()
    desk.crown(TWO)
    desk.ring(2)
    desk.settle()
    desk.feed(4)
    desk.settle()
    before = dict(desk.said)
    desk.refill()
    desk.settle()
    assert desk.said == before


def test_a_command_that_comes_while_a_lost_bus_is_filled_touches_nothing_acted_upon(desk: Desk) -> None:
    desk.models.good |= {TWO, THREE}
    desk.feed(6)
    desk.settle()
    desk.models.acted_upon = number(1, 6)
    before = dict(desk.said)
    desk.hub.wipe()
    MemoryBus(desk.hub).ensure([SOURCE, COMMANDS])
    desk.fed = 0
    desk.feed(2)
    desk.settle()
    desk.crown(TWO)
    desk.ring(2)
    desk.settle()
    desk.feed(5)
    desk.settle()
    assert {seq: said for seq, said in desk.said.items() if seq in before} == before
    assert desk.spoke()[-1] == [(2, 0), (1, SHADOW)]


@pytest.mark.parametrize("seed", range(40))
def test_kills_wipes_and_promotions_at_any_moment_leave_each_number_its_model(seed: int) -> None:
    desk, random = Desk(), Random(seed)
    desk.models.good |= {ONE, TWO, THREE}
    active = ONE
    for _ in range(60):
        deed = random.random()
        if deed < 0.5:
            desk.feed(random.randint(1, 3))
        elif deed < 0.65:
            active = random.choice([address for address in (ONE, TWO, THREE) if address != active])
            desk.crown(active)
            desk.ring(int(active, 16))
        elif deed < 0.75:
            desk.models.acted_upon = max(desk.said, default=0)
            desk.refill()
        else:
            desk.countdown = random.randint(1, 6)
        for _ in range(random.randint(0, 3)):
            desk.turn()
    desk.countdown = -1
    desk.settle()
    desk.feed(1)
    desk.settle()
    assert len(desk.said) == desk.fed
    assert desk.spoke()[-1][0] == (int(active, 16), 0)
