"""`tapeline drift` as a user types it: a table or JSON, and a code that a script can act upon."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.store.postgres import PostgresStore
from tapeline.cli.outcome import FAILED, DataMissing
from tests.fixtures.terminal import Terminal
from tests.fixtures.watched_run import RUN, lived, promised


@pytest.fixture
def store(terminal: Terminal) -> Iterator[PostgresStore]:
    made = PostgresStore(terminal.db, terminal.data)
    yield made
    made.close()


def test_an_alarm_ends_with_a_code_and_is_in_the_record(terminal: Terminal, store: PostgresStore) -> None:
    row = promised(terminal.data, store)
    lived(store, terminal.data, row, shift=1.5)
    shown = terminal.types("drift", "--run", RUN)
    assert shown.exit_code == FAILED
    assert "toy: alarm on 200 closes" in shown.stdout and "feature psi" in shown.stdout
    assert {one.name for one in store.health(RUN, row.model) if one.level == "alarm"} >= {"a"}


def test_a_calm_model_ends_well_and_json_is_all_that_is_said(
    terminal: Terminal, store: PostgresStore
) -> None:
    row = promised(terminal.data, store)
    lived(store, terminal.data, row)
    told = terminal.json("drift", "toy@1", "--run", RUN, "--moments", "150")
    (look,) = told["models"]
    assert (look["model"], look["moments"], look["number"]) == ("toy@1", 150, str(row.model))
    assert {one["level"] for one in look["measures"]} <= {"calm", "watch"}


def test_a_run_without_answers_is_missing_data(terminal: Terminal, store: PostgresStore) -> None:
    row = promised(terminal.data, store, scores={})
    lived(store, terminal.data, row)
    refused = terminal.types("drift", "--run", RUN)
    assert isinstance(refused.exception, DataMissing) and "train it again" in str(refused.exception)
