"""The canary as a user sees it: one at a time, its money beside the others', put back with a word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from shared.failures import Refused
from shared.models.stages import ModelStage
from shared.store.contract import RunRow
from shared.store.postgres import PostgresStore
from shared.tables import NAV
from tests.fixtures.desk_models import enrolled
from tests.fixtures.plans import PLAN
from tests.fixtures.terminal import Terminal

RUN = ("--run", "desk")


def opened(store: PostgresStore, **terms: Any) -> None:
    plan = msgspec.structs.replace(PLAN, mode="live", risk={"0": {}, "1": terms})
    store.open_run(RunRow(run="desk", mode="live", settings=plan.text()))


@pytest.fixture
def store(terminal: Terminal) -> Iterator[PostgresStore]:
    made = PostgresStore(terminal.db, terminal.data)
    yield made
    made.close()


def worth(store: PostgresStore, account: int, nav: int) -> None:
    row = {name: [0] for name in NAV.names} | {"event_time_ns": [9], "account": [account], "nav_micro": [nav]}
    store.copy_rows("desk", NAV.block(row, watermark_ns=9))


def test_the_money_of_the_canary_stands_beside_that_of_the_others(
    terminal: Terminal, store: PostgresStore
) -> None:
    opened(store, trades="canary", tag=1)
    worth(store, 0, 1_000_000_000)
    worth(store, 1, 1_010_000_000)
    told = terminal.json("canary", "status", *RUN)
    assert [(one["trades"], one["capital"], one["return"]) for one in told["accounts"]] == [
        ("active", "1000", "0.000000"),
        ("canary", "1000", "0.010000"),
    ]
    assert told["canaries"] == []
    assert "No model is a canary" in terminal.types("canary", "status", *RUN).stdout


def test_a_candidate_becomes_the_one_canary_and_goes_back(terminal: Terminal, store: PostgresStore) -> None:
    opened(store, trades="canary")
    first, second = enrolled(store, terminal.data, seed=1), enrolled(store, terminal.data, seed=2)
    assert terminal.json("canary", "enable", "toy@1", *RUN) == {"model": "toy v1", "stage": "canary"}
    refused = terminal.types("canary", "enable", "toy@2", *RUN)
    assert isinstance(refused.exception, Refused) and "toy v1 is the canary already" in str(refused.exception)
    assert terminal.json("canary", "disable", *RUN)["stage"] == "shadow"
    stages = {row.address: row.stage for row in store.models()}
    assert stages == {first.address: ModelStage.SHADOW, second.address: ModelStage.SHADOW}
    nobody = terminal.types("canary", "disable", *RUN)
    assert isinstance(nobody.exception, Refused) and "0 models are canaries" in str(nobody.exception)


def test_a_canary_that_nobody_would_trade_is_said_so(terminal: Terminal, store: PostgresStore) -> None:
    opened(store)
    enrolled(store, terminal.data)
    said = terminal.types("canary", "enable", "toy", *RUN)
    assert said.exit_code == 0 and "no account of run desk trades canaries" in said.output
