"""A tape with a split and a dividend gives one ledger, and no value comes or goes with the split."""

from __future__ import annotations

from pathlib import Path
from random import Random

import msgspec
import numpy as np
import pytest

from research.replay.options import ReplayOptions
from research.replay.run import replay
from services.ingest.tape import write_instruments
from shared.actions import Action, ActionRow, block_of
from shared.block import Block
from shared.engine.plan import RunPlan
from shared.lake.writer import LakeWriter
from shared.money import MICRO
from shared.streams import FILLS
from shared.tables import NAV
from tests.fixtures.replays import BAR_S, RUN, Recorded, fused, staged, staged_record

PAYS = 5


def most_held(recorded: Recorded, time_ns: int) -> int:
    """The instrument of the largest position of any account at a time."""
    fills = staged_record(recorded, recorded.plan, recorded.tape.ticks, 1_000).read_rows(RUN, FILLS.name)
    earlier = fills.take(np.flatnonzero(fills["event_time_ns"] < time_ns))
    positions: dict[tuple[int, int], int] = {}
    columns = (earlier[name].tolist() for name in ("account", "instrument", "side", "quantity", "price"))
    for account, instrument, side, quantity, price in zip(*columns, strict=True):
        slot = account, instrument
        positions[slot] = positions.get(slot, 0) + side * quantity * price
    return max(positions, key=lambda slot: abs(positions[slot]))[1]


@pytest.fixture(scope="module")
def acted(recorded: Recorded) -> tuple[RunPlan, Block]:
    """The recorded tape, split two for one in its middle, and the plan that knows of it and of a dividend."""
    ticks = recorded.tape.ticks
    times = ticks["event_time_ns"]
    split_ns, paid_ns = int(times[len(times) // 2]), int(times[len(times) // 3])
    held = most_held(recorded, split_ns)
    later = (ticks["instrument"] == held) & (times >= split_ns)
    columns = dict(ticks.columns)
    for name in ("bid", "ask", "price", "open", "high", "low"):
        columns[name] = np.where(later, (columns[name] + 1) // 2, columns[name])
    for name in ("bid_size", "ask_size", "size"):
        columns[name] = np.where(later, columns[name] * 2, columns[name])
    actions = (
        ActionRow(paid_ns, PAYS, Action.CASH_DIVIDEND, amount=250_000),
        ActionRow(split_ns, held, Action.SPLIT, 2, 1),
    )
    return msgspec.structs.replace(recorded.plan, actions=actions), ticks.stream.block(
        columns, watermark_ns=ticks.watermark_ns
    )


@pytest.mark.parametrize("rows", [1, 500])
def test_blocks_of_any_size_give_the_same_ledger(
    recorded: Recorded, acted: tuple[RunPlan, Block], rows: int
) -> None:
    plan, ticks = acted
    assert (
        fused(recorded, plan, ticks, rows).ledger_sha256
        == fused(recorded, plan, ticks, len(ticks)).ledger_sha256
    )


@pytest.mark.parametrize(("rows", "seed"), [(61, 1), (1_000, None)])
def test_the_stages_give_the_same_ledger(
    recorded: Recorded, acted: tuple[RunPlan, Block], rows: int, seed: int | None
) -> None:
    plan, ticks = acted
    order = None if seed is None else Random(seed)
    made, wanted = staged(recorded, plan, ticks, rows, order), fused(recorded, plan, ticks)
    assert (made.ledger_sha256, made.nav) == (wanted.ledger_sha256, wanted.nav)


def navs(recorded: Recorded, plan: RunPlan, ticks: Block) -> dict[tuple[int, int], int]:
    """Every account's worth at every close."""
    rows = staged_record(recorded, plan, ticks, 1_000).read_rows(RUN, NAV.name)
    columns = (rows[name].tolist() for name in ("event_time_ns", "account", "nav_micro"))
    return {(time_ns, account): worth for time_ns, account, worth in zip(*columns, strict=True)}


def test_the_equity_curve_has_no_jump_at_the_split(recorded: Recorded, acted: tuple[RunPlan, Block]) -> None:
    plan, ticks = acted
    split = next(row for row in plan.actions if row.action == Action.SPLIT)
    known = msgspec.structs.replace(plan, actions=(split,))
    ignored = msgspec.structs.replace(plan, actions=())
    plain = navs(recorded, ignored, recorded.tape.ticks)
    close = min(time_ns for time_ns, _ in plain if time_ns > split.time_ns)

    def off(plan: RunPlan) -> int:
        """How far the accounts are from where they are on a tape without a split."""
        made = navs(recorded, plan, ticks)
        return max(abs(made[close, a] - plain[close, a]) for a in plan.accounts)

    assert off(known) < 20 * MICRO < 500 * MICRO < off(ignored)


@pytest.mark.redis
@pytest.mark.postgres
def test_a_lake_with_actions_gives_one_ledger_in_process_and_on_redis(
    recorded: Recorded, acted: tuple[RunPlan, Block], tmp_path: Path, redis_url: str, postgres_url: str
) -> None:
    plan, ticks = acted
    write_instruments(tmp_path / "lake", recorded.tape.instruments)
    with LakeWriter(tmp_path / "lake") as writer:
        for rows in (ticks, block_of(plan.actions), recorded.tape.facts):
            writer.add(rows)
        writer.commit("one", {})
    options = ReplayOptions(tape=tmp_path / "lake", data=recorded.data, bar_s=BAR_S, run="acted")
    on_redis = {"engine": "redis", "bus": redis_url, "db": postgres_url, "kill": "any", "times": 2}
    made = replay(msgspec.structs.replace(options, **on_redis))
    alone = replay(options)
    assert made.ledger_sha256 == alone.ledger_sha256 == fused(recorded, plan, ticks).ledger_sha256
    assert sum(made.kills.values()) == 2


def test_the_actions_change_the_ledger(recorded: Recorded, acted: tuple[RunPlan, Block]) -> None:
    plan, ticks = acted
    without = msgspec.structs.replace(plan, actions=())
    assert fused(recorded, without, ticks).ledger_sha256 != fused(recorded, plan, ticks).ledger_sha256
