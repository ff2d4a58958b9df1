"""`tapeline actions`, as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from shared.actions import Action, ActionRow
from shared.engine.plan import RunPlan
from shared.market import Instrument
from shared.store.contract import RunRow
from shared.store.postgres import PostgresStore
from tapeline.__main__ import app
from tapeline.cli.actions import action_of
from tapeline.cli.outcome import DataMissing, Unreachable
from tests.fixtures.plans import PLAN

APPLE = Instrument(instrument=7, symbol="AAPL", calendar="XNYS")
COIN = Instrument(instrument=8, symbol="BTC")


def test_a_day_is_its_midnight_where_the_share_trades() -> None:
    assert action_of(APPLE, "2014-06-09", "7:1", "") == ActionRow(
        1_402_286_400_000_000_000, 7, Action.SPLIT, 7, 1
    )
    assert action_of(COIN, "2014-06-09", "", "0.82").time_ns == 1_402_272_000_000_000_000
    assert action_of(COIN, "2014-06-09T00:00:00.5Z", "", "0.82").amount == 820_000


@pytest.mark.parametrize(
    ("on", "split", "dividend", "said"),
    [
        ("2014-06-09", "", "", "give one of"),
        ("2014-06-09", "7:1", "1", "give one of"),
        ("2014-06-09", "7", "", "no ratio"),
        ("2014-06-09", "0:1", "", "no ratio"),
        ("2014-06-09", "", "-1", "no amount"),
        ("2014-06-09", "", "0.0000001", "no amount"),
        ("2014-06-09", "", "nan", "no amount"),
        ("soon", "7:1", "", "found the time 'soon'"),
        ("2014-13-09", "7:1", "", "month must be in"),
    ],
)
def test_what_makes_no_action_is_one_clear_line(on: str, split: str, dividend: str, said: str) -> None:
    with pytest.raises(typer.BadParameter, match=said):
        action_of(APPLE, on, split, dividend)


@pytest.mark.postgres
@pytest.mark.redis
def test_a_run_is_told_and_tells_what_it_knows(tmp_path: Path, postgres_url: str, redis_url: str) -> None:
    store = PostgresStore(postgres_url, tmp_path)
    store.open_run(RunRow(run="desk", mode=PLAN.mode, settings=PLAN.text(), config_hash=PLAN.hash))
    store.save_instruments("desk", [APPLE])
    places = ["--db", postgres_url, "--data", str(tmp_path)]
    words = ["actions", "add", "AAPL", "--on", "2099-06-09", "--split", "7:1", "--why", "a test"]
    assert isinstance(CliRunner().invoke(app, [*words, *places]).exception, Unreachable)

    done = CliRunner().invoke(app, [*words, *places, "--bus", redis_url])
    assert "Run desk knows: split of AAPL, 7:1, from 2099-06-09T04:00:00Z on." in done.stdout, done.output

    listed = json.loads(CliRunner().invoke(app, ["actions", "list", *places, "--json"]).stdout)
    assert listed == [{"time": "2099-06-09T04:00:00Z", "symbol": "AAPL", "action": "split", "terms": "7:1"}]
    row = store.run("desk")
    assert row is not None
    plan = RunPlan.read(row.settings)
    assert (plan.actions[0].instrument, row.config_hash) == (7, plan.hash)
    assert store.audit_rows()[-1].action == "corporate_action"
    unknown = CliRunner().invoke(app, ["actions", "add", "X", *words[3:], *places, "--bus", redis_url])
    assert isinstance(unknown.exception, DataMissing)
    store.close()
