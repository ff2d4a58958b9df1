"""One tape gives one ledger: whatever the engine, the cuts, the turns of the services, and the deaths."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from random import Random

import pytest

from research.replay.run import replay
from shared.engine.redis_wire import Wire
from shared.failures import Refused
from tests.fixtures.house import ROOT
from tests.fixtures.replays import BAR_S, RUN, Recorded, fused, staged


@pytest.fixture(scope="module")
def ledger(recorded: Recorded) -> str:
    """The one digest: the fused loop on the whole tape in one block."""
    made = replay(recorded.options(block=0))
    assert made.orders > 20 and made.fills > made.orders
    return made.ledger_sha256


@pytest.mark.parametrize("rows", [1, 7, 1_000])
def test_blocks_of_any_size_give_the_same_ledger(rows: int, recorded: Recorded, ledger: str) -> None:
    assert fused(recorded, recorded.plan, recorded.tape.ticks, rows).ledger_sha256 == ledger


@pytest.mark.parametrize(("rows", "seed"), [(61, 1), (1_000, None), (8_000, 2)])
def test_the_stages_give_the_same_ledger_whoever_has_its_turn(
    rows: int, seed: int | None, recorded: Recorded, ledger: str
) -> None:
    order = None if seed is None else Random(seed)
    assert staged(recorded, recorded.plan, recorded.tape.ticks, rows, order).ledger_sha256 == ledger


def test_the_order_of_python_s_hashes_changes_nothing(recorded: Recorded, ledger: str) -> None:
    words = ["replay", str(recorded.folder), "--bar", str(BAR_S), "--data", str(recorded.data), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "tapeline", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "4711"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["ledger_sha256"] == ledger


@pytest.mark.redis
@pytest.mark.postgres
def test_processes_that_are_killed_give_the_same_ledger(
    recorded: Recorded, ledger: str, redis_url: str, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "42")
    places = {"bus": redis_url, "db": postgres_url}
    made = replay(recorded.options(engine="redis", workers=2, kill="any", times=2, block=500, **places))
    assert made.ledger_sha256 == ledger, made.parts
    assert sum(made.kills.values()) == 2 and made.restarts >= 2
    wire = Wire(redis_url)
    assert wire.names(f"tl:{RUN}:*") == []
    wire.close()


@pytest.mark.redis
@pytest.mark.postgres
def test_a_venue_that_knows_the_run_from_another_record_is_not_asked(
    recorded: Recorded, redis_url: str, postgres_url: str
) -> None:
    options = recorded.options(engine="redis", run="known-elsewhere", bus=redis_url, db=postgres_url)
    (recorded.data / "venue" / options.run).mkdir(parents=True)
    with pytest.raises(Refused, match="another --data"):
        replay(options)
