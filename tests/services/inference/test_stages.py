"""Inference as production builds it: a promotion waits for a child, and a rollback for nobody."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest

from services.api.commands import By, Commands
from services.api.model_moves import Moves
from services.inference.stages import stages
from shared import metrics as m
from shared.block import Block
from shared.codec import decode
from shared.engine.bus import Key, number
from shared.engine.context import Context
from shared.engine.control import ControlStage
from shared.engine.memory_bus import MemoryBus, MemoryHub
from shared.engine.meter import Meter
from shared.engine.stage import Stage, letter
from shared.engine.worker import Edge, Worker
from shared.market import Instrument, Instruments
from shared.store.contract import RunRow
from shared.store.memory import MemoryStore
from shared.streams import FEATURES, SHADOW
from tests.fixtures import models
from tests.fixtures.desk_models import enrolled
from tests.fixtures.plans import PLAN
from tests.fixtures.registry import crown

OUT = Key("predictions", 0)
INSTRUMENTS = Instruments([Instrument(instrument=1, symbol="OIL", sector="Energy")])
PATIENCE_S = 240.0
ROLLBACK_S = 1.0


class Desk:
    """The services that a promotion goes through, on twins in memory, with real models and a real child."""

    def __init__(self, data: Path) -> None:
        self.data, self.hub, self.store = data, MemoryHub(), MemoryStore()
        self.one = enrolled(self.store, data, verdict="pass")
        self.two = enrolled(self.store, data, verdict="pass", seed=2)
        crown(self.store, self.one.address)
        plan = msgspec.structs.replace(
            PLAN, mode="live", interval_ns=1, partitions=1, accounts=(0,), model=str(self.first()),
        )  # fmt: skip
        self.store.open_run(RunRow(run="t", mode="live", settings=plan.text()))
        self.moves, self.fed = Moves(Commands("t"), "t"), 0
        MemoryBus(self.hub).ensure([Key("features", 0)])
        self.metrics = m.Metrics("inference")
        context = Context("t", plan, INSTRUMENTS, self.store, data, metrics=self.metrics)
        self.workers = [self.worker([ControlStage(0)]), self.worker(stages(context))]

    def first(self) -> Path:
        """The folder with which the run begins."""
        return self.data / "models" / self.one.address

    def worker(self, hosted: list[Stage]) -> Worker:
        made = Worker(
            "t", MemoryBus(self.hub), self.store, hosted, Edge(time.monotonic_ns, Meter(m.Metrics("x")))
        )
        made.resume()
        return made

    def turn(self) -> None:
        for worker in self.workers:
            worker.turn(0.0)

    def feed(self) -> Block:
        """One more vector; gives what was said of it."""
        self.fed += 1
        n = self.fed
        rows = FEATURES.block(
            {"event_time_ns": [n], "instrument": [1], "spec": [1], "values": models.rows(n, 1)},
            watermark_ns=n,
        )
        MemoryBus(self.hub).publish([letter(rows, "t", number(1, n), number(1, n - 1) if n > 1 else 0)])
        self.turn()
        entries = MemoryBus(self.hub).read({OUT: 0}, 0.0)[OUT]
        return decode(entries[-1].payload)

    def until_active(self, model: int) -> float:
        """How long it took until another model's predictions were the ones that are traded."""
        started = time.monotonic()
        while int(self.feed()["model"][0]) != model:
            assert time.monotonic() - started < PATIENCE_S
            time.sleep(0.02)
        return time.monotonic() - started


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_promotion_waits_for_a_child_and_a_rollback_for_nobody(desk: Desk) -> None:
    assert desk.feed()["model"].tolist() == [desk.one.model]
    crown(desk.store, desk.two.address)
    desk.moves._commands.announce(desk.store, desk.two.model, By("ops", 1))
    desk.until_active(desk.two.model)
    both = desk.feed()
    assert both["model"].tolist() == [desk.two.model, desk.one.model]
    assert both["flags"].tolist()[1] & SHADOW and not both["flags"].tolist()[0] & SHADOW
    assert np.allclose(both["probabilities"][0], both["probabilities"][1])
    started = time.perf_counter()
    row = next(row for row in desk.store.models() if row.address == desk.two.address)
    desk.moves.rollback(desk.store, row, By("ops", 2))
    desk.until_active(desk.one.model)
    assert time.perf_counter() - started < ROLLBACK_S
    assert 'tapeline_model_swaps_total{partition="0",service="inference"} 2.0' in desk.metrics.text().decode()


def test_a_model_that_is_spoilt_after_its_promotion_is_refused_and_the_old_one_stays(desk: Desk) -> None:
    (desk.data / "models" / desk.two.address / "lightgbm.bin").write_bytes(b"spoilt")
    crown(desk.store, desk.two.address)
    desk.moves._commands.announce(desk.store, desk.two.model, By("ops", 1))
    started = time.monotonic()
    refused = 'tapeline_model_refusals_total{reason="trial",service="inference"} 1.0'
    while refused not in desk.metrics.text().decode():
        assert int(desk.feed()["model"][0]) == desk.one.model
        assert time.monotonic() - started < PATIENCE_S
        time.sleep(0.02)
    assert int(desk.feed()["model"][0]) == desk.one.model


class SetDesk(Desk):
    """The same, begun with a set: two sectors, two horizons for the one that is fed."""

    def first(self) -> Path:
        """A folder of the signed models."""
        terms = [("Energy", 1), ("Energy", 5), ("Utilities", 1)]
        self.old, self.new = (
            [
                enrolled(self.store, self.data, verdict="pass", sector=sector, horizon_ns=days, seed=seed)
                for sector, days in terms
            ]
            for seed in (10, 20)
        )
        for row in self.old:
            crown(self.store, row.address)
            place = self.data / "set" / (row.sector or "all") / f"{row.horizon_ns}d"
            shutil.copytree(self.data / "models" / row.address, place)
        return self.data / "set"


def test_a_group_of_a_set_is_promoted_in_one_swap_and_rolled_back_in_another(tmp_path: Path) -> None:
    desk = SetDesk(tmp_path)
    old, new = ([row.model for row in rows[:2]] for rows in (desk.old, desk.new))
    assert desk.feed()["model"].tolist() == old
    for row in desk.new:
        crown(desk.store, row.address)
    desk.moves._commands.announce(desk.store, desk.new[0].model, By("ops", 1))
    said = [old]
    started = time.monotonic()
    while said[-1] != new:
        rows = desk.feed()
        said.append(rows["model"][rows["flags"] & SHADOW == 0].tolist())
        assert time.monotonic() - started < PATIENCE_S
        time.sleep(0.02)
    assert all(models in (old, new) for models in said)
    rows = desk.feed()
    assert rows["model"][rows["flags"] & SHADOW > 0].tolist() == old
    active = {row.address: row for row in desk.store.models()}
    moved = desk.moves.rollback_all(desk.store, [active[row.address] for row in desk.new], By("ops", 2))
    assert {row.address for row in moved} == {row.address for row in desk.old}
    desk.until_active(old[0])
    rows = desk.feed()
    assert rows["model"][rows["flags"] & SHADOW == 0].tolist() == old
    assert 'tapeline_model_swaps_total{partition="0",service="inference"} 2.0' in desk.metrics.text().decode()
