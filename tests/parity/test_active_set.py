"""All active models serve one run: one ledger on every engine, and the whole set changes at one block."""

from __future__ import annotations

from pathlib import Path
from random import Random

import msgspec
import pytest

from research.replay.inprocess import market_of
from research.replay.plan import plan_of
from research.replay.run import replay
from research.replay.tally import tally
from services.features.processor import FeatureProcessor
from services.features.stages import spec_of
from services.inference.lineup import read
from services.inference.shelf import Shelf
from services.inference.source_sealed import load_sealed, sealed_processor
from services.inference.swap import NEW_MODEL, SwapStage
from services.inference.trial import Task
from services.ingest.fact_cuts import apart
from services.ingest.stages import cuts_of
from shared import metrics as m
from shared.block import Block
from shared.codec import decode
from shared.engine.bus import Key, number
from shared.engine.context import Context
from shared.engine.memory_bus import MemoryBus, MemoryHub
from shared.engine.meter import Meter
from shared.engine.plan import RunPlan
from shared.engine.stage import letter
from shared.engine.worker import Edge, Worker
from shared.failures import Refused
from shared.models.keys import trusted_keys
from shared.store.contract import RunRow
from shared.streams import CONTROL, FEATURES, PARTITIONS, SHADOW
from tests.fixtures.active_set import HORIZONS, ActiveSet, active_set
from tests.fixtures.blocks import block
from tests.fixtures.replays import Recorded, changed, rows_in_process, staged

TURNS = 20
"""Enough to try every challenger, two at a time."""
EAGER = {"entry_threshold": 0.34, "exit_threshold": 0.34}


@pytest.fixture(scope="module")
def active(recorded: Recorded) -> ActiveSet:
    return active_set(recorded)


@pytest.fixture(scope="module")
def plan(recorded: Recorded, active: ActiveSet) -> RunPlan:
    options = recorded.options(accounts=2, model=active.folder())
    made = plan_of(options, {"kind": "memory"}, recorded.tape)
    return changed(msgspec.structs.replace(made, partitions=PARTITIONS), EAGER, {})


def test_every_instrument_is_answered_by_its_sectors_models_one_a_horizon(
    recorded: Recorded, active: ActiveSet, plan: RunPlan
) -> None:
    inference = sealed_processor(Path(plan.model), recorded.tape.instruments, trusted_keys(recorded.data))
    _, said = market_of(plan, inference, (recorded.tape.ticks, recorded.tape.facts), 1_000)
    slots = {row.model: (row.sector, row.horizon_ns) for row in active.incumbents}
    sector = {one.instrument: one.sector for one in recorded.tape.instruments}
    heard = set(zip(said["instrument"].tolist(), said["model"].tolist(), strict=True))
    assert {(sector[instrument], slots[model]) for instrument, model in heard} == {
        (one, (one, horizon_ns)) for one in sector.values() for horizon_ns in HORIZONS
    }


def test_the_fused_loop_and_the_stages_agree_about_the_set(
    recorded: Recorded, active: ActiveSet, plan: RunPlan
) -> None:
    own = Recorded(recorded.data, recorded.tape, plan)
    rows = rows_in_process(own, plan, recorded.tape.ticks, 1_000)
    assert len(set(rows.verdicts["model"][rows.verdicts["order_id"] != 0].tolist())) >= 5
    assert set(rows.verdicts["model"].tolist()) <= {0, *(row.model for row in active.incumbents)}
    assert staged(own, plan, recorded.tape.ticks, 700, Random(3)).ledger_sha256 == tally(rows).ledger_sha256


@pytest.mark.redis
@pytest.mark.postgres
def test_processes_on_redis_give_the_ledger_of_one_process(
    recorded: Recorded, active: ActiveSet, redis_url: str, postgres_url: str
) -> None:
    alone = replay(recorded.options(accounts=2, block=0, model=active.folder()))
    places = {"bus": redis_url, "db": postgres_url, "run": "active-set"}
    together = replay(recorded.options(accounts=2, engine="redis", model=active.folder(), **places))
    assert together.ledger_sha256 == alone.ledger_sha256, together.parts
    assert alone.orders > 5
    assert alone.ledger_sha256 != replay(recorded.options(accounts=2, block=0)).ledger_sha256


def test_a_replay_on_other_bars_than_the_models_is_refused(recorded: Recorded, active: ActiveSet) -> None:
    options = msgspec.structs.replace(recorded.options(model=active.folder()), bar_s=60.0)
    with pytest.raises(Refused, match="wants bars of 2 s, this replay makes some of 60 s: give --bar 2"):
        plan_of(options, {"kind": "memory"}, recorded.tape)
    with pytest.raises(Refused, match="no model lies in"):
        plan_of(recorded.options(model=recorded.data / "none"), {"kind": "memory"}, recorded.tape)


class Yes:
    """A trial that has ended well."""

    def outcome(self, now_ns: int) -> str | None:
        """Nothing to complain about."""
        return ""


class Live:
    """One partition of inference on a live run that serves the active set."""

    def __init__(self, recorded: Recorded, active: ActiveSet, plan: RunPlan) -> None:
        self.hub, self.store, self.fed, self.now_ns = MemoryHub(), active.store, 0, 0
        self.plan = msgspec.structs.replace(plan, mode="live", partitions=1)
        self.store.open_run(RunRow(run="t", mode="live", settings=self.plan.text()))
        context = Context("t", self.plan, recorded.tape.instruments, self.store, recorded.data)
        self.shelf = Shelf(context, lambda: trusted_keys(recorded.data), load_sealed, self.start)
        self.vectors = self.made(recorded)
        MemoryBus(self.hub).ensure([Key("features", 0), Key("control", 0)])
        stage = SwapStage(
            Key("features", 0), Key("control", 0), self.shelf, self.shelf.processor(self.shelf.first)
        )
        edge = Edge(self.clock, Meter(m.Metrics("inference")))
        self.worker = Worker("t", MemoryBus(self.hub), self.store, [stage], edge)
        self.worker.resume()

    def clock(self) -> int:
        self.now_ns += 1
        return self.now_ns

    def start(self, task: Task, now_ns: int) -> Yes:
        return Yes()

    def made(self, recorded: Recorded) -> list[Block]:
        """A block of vectors a close, all instruments in each."""
        processor, made = FeatureProcessor(spec_of(self.plan), 0), list[Block]()
        for cut in cuts_of(self.plan, recorded.tape.ticks, recorded.tape.facts, 100):
            blocks, facts = apart(cut)
            for told in (*facts, *blocks):
                made += [one for one in processor.handle(told) if one.stream is FEATURES and len(one)]
        return made

    def settle(self) -> None:
        for _ in range(TURNS):
            self.worker.turn(0.0)

    def feed(self, blocks: int) -> list[set[tuple[int, int]]]:
        """The models and flags that answered each of the next blocks."""
        for n in range(self.fed + 1, self.fed + blocks + 1):
            sent = letter(self.vectors[n], "t", number(1, n), number(1, n - 1) if n > 1 else 0)
            MemoryBus(self.hub).publish([sent])
        before, self.fed = self.fed, self.fed + blocks
        self.settle()
        entries = MemoryBus(self.hub).read({Key("predictions", 0): number(1, before) if before else 0}, 0.0)
        said = [decode(entry.payload) for entry in entries.get(Key("predictions", 0), [])]
        return [set(zip(one["model"].tolist(), one["flags"].tolist(), strict=True)) for one in said]


def test_the_whole_set_changes_at_one_block_that_is_written_down(recorded: Recorded) -> None:
    active = active_set(recorded)
    plan = plan_of(recorded.options(model=active.folder()), {"kind": "memory"}, recorded.tape)
    live = Live(recorded, active, plan)
    old, new = ({row.model for row in rows} for rows in (active.incumbents, active.challengers))
    live.feed(2)
    for before in live.feed(2):
        assert {model for model, flags in before if not flags & SHADOW} == old
        assert {model for model, flags in before if flags & SHADOW} == new
    promoted = active.challengers_win()
    rung = block(CONTROL, [1], watermark_ns=1, command=[NEW_MODEL], argument=[promoted[0].model])
    MemoryBus(live.hub).publish([letter(rung, "t", number(1, 1), 0)])
    live.settle()
    for after in live.feed(3):
        assert {model for model, flags in after if not flags & SHADOW} == new
        assert {model for model, flags in after if flags & SHADOW} == old
    row = live.store.stage("t", "inference", 0)
    assert row is not None and row.state is not None
    swap = read(row.state).swaps[-1]
    assert swap.after == number(1, 4)
    assert set(swap.lineup.members) == {one.address for one in active.challengers}
