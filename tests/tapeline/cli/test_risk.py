"""The kill switch from the command line: thrown, kept, and written down."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from shared.store.contract import RunRow
from shared.store.postgres import PostgresStore
from tapeline.cli.outcome import DataMissing
from tests.fixtures.plans import PLAN
from tests.fixtures.terminal import Terminal


@pytest.fixture
def store(terminal: Terminal) -> Iterator[PostgresStore]:
    made = PostgresStore(terminal.db, terminal.data)
    made.open_run(RunRow(run="desk", mode="live", settings=PLAN.text()))
    yield made
    made.close()


def test_what_is_halted_stays_halted_until_it_is_resumed(terminal: Terminal, store: PostgresStore) -> None:
    said = terminal.json("risk", "halt", "--run", "desk", "--why", "news")
    assert said == {"run": "desk", "halted": True, "accounts": [0, 1]}
    assert terminal.json("risk", "status", "--run", "desk")["halted"]
    assert store.halted("desk")
    terminal.json("risk", "resume", "--run", "desk")
    assert not terminal.json("risk", "status", "--run", "desk")["halted"]


def test_every_throw_is_in_the_audit_trail(terminal: Terminal, store: PostgresStore) -> None:
    terminal.json("risk", "halt", "--run", "desk", "--why", "news")
    (row,) = store.audit_rows()
    assert row.action == "risk.halt"
    assert msgspec.json.decode(row.detail) == {"accounts": [0, 1], "why": "news"}


def test_every_account_of_the_run_is_told_whatever_the_settings_name(
    terminal: Terminal, store: PostgresStore
) -> None:
    terminal.json("risk", "halt", "--run", "desk")
    assert store.read_rows("desk", "control")["account"].tolist() == [0, 1]


def test_a_run_that_nobody_opened_is_said_so(terminal: Terminal) -> None:
    done = terminal.types("risk", "status", "--run", "nothing")
    assert isinstance(done.exception, DataMissing)
