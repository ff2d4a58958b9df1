"""The registry as a user types it: each move once, with a person behind it, or refused in one line."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from shared.block import Block
from shared.codec import decode
from shared.failures import Refused
from shared.market import Instrument
from shared.store.contract import ModelRow, RunRow
from shared.store.postgres import PostgresStore
from tapeline.cli.outcome import DataMissing
from tests.fixtures.desk_models import enrolled
from tests.fixtures.plans import PLAN
from tests.fixtures.registry import crown
from tests.fixtures.terminal import Terminal
from tests.shared.models.test_comparing import market

LIVE = msgspec.structs.replace(PLAN, mode="live")
HORIZON = {"horizon_ns": 60_000_000_000, "interval_ns": 60_000_000_000}
RUN = ("--run", "desk")


@pytest.fixture
def store(terminal: Terminal) -> Iterator[PostgresStore]:
    made = PostgresStore(terminal.db, terminal.data)
    made.open_run(RunRow(run="desk", mode="live", settings=LIVE.text()))
    yield made
    made.close()


def rung(store: PostgresStore) -> list[int]:
    """The models that the run was told of."""
    return [int(decode(letter.payload)["argument"][0]) for letter in store.outbox("desk", "control", 0, 0)]


def recorded(store: PostgresStore, active: ModelRow, challenger: ModelRow, known: float) -> None:
    """Three hundred closes on which both have predicted."""
    predictions, bars = market(300, 4, known)
    numbers = predictions["model"].copy()
    numbers[predictions["model"] == 1] = active.model
    numbers[predictions["model"] == 2] = challenger.model
    store.save_instruments("desk", [Instrument(instrument=i, symbol=f"S{i}") for i in range(4)])
    for rows in (Block(predictions.stream, {**predictions.columns, "model": numbers}, 0), bars):
        store.copy_rows("desk", rows)


def test_models_are_listed_and_shown(terminal: Terminal, store: PostgresStore) -> None:
    row = enrolled(store, terminal.data, verdict="pass")
    (listed,) = terminal.json("models", "list")
    assert (listed["address"], listed["stage"], listed["verdict"]) == (row.address, "candidate", "pass")
    told = terminal.json("models", "show", "toy", *RUN)
    assert [event["after"] for event in told["events"]] == ["candidate"]
    assert "toy@1" in terminal.types("models", "list").stdout
    assert "toy@1 is candidate" in terminal.types("models", "show", row.address[:12], *RUN).stdout
    missing = terminal.types("models", "show", "none", *RUN)
    assert isinstance(missing.exception, DataMissing)


def test_a_promotion_wants_a_person_or_a_policy_that_one_has_set(
    terminal: Terminal, store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = enrolled(store, terminal.data, verdict="pass")
    refused = terminal.types("models", "promote", "toy", *RUN)
    assert isinstance(refused.exception, Refused) and "--yes" in str(refused.exception)
    assert rung(store) == []
    monkeypatch.setenv("TAPELINE_INFERENCE__PROMOTION", "better")
    assert terminal.json("models", "promote", "toy", *RUN)["stage"] == "active"
    assert '"authority":"policy"' in store.model_events(row.address)[-1].detail
    assert rung(store) == [row.model]


@pytest.mark.parametrize("verdict", ["no edge", "blocked", ""])
def test_what_the_gate_has_not_passed_is_refused_even_with_yes(
    terminal: Terminal, store: PostgresStore, verdict: str
) -> None:
    enrolled(store, terminal.data, verdict=verdict)
    refused = terminal.types("models", "promote", "toy", "--yes", *RUN)
    assert isinstance(refused.exception, Refused) and "only 'pass'" in str(refused.exception)


def test_a_challenger_is_watched_compared_promoted_and_taken_back(
    terminal: Terminal, store: PostgresStore
) -> None:
    first = enrolled(store, terminal.data, verdict="pass", **HORIZON)
    second = enrolled(store, terminal.data, verdict="pass", seed=2, **HORIZON)
    crown(store, first.address)
    recorded(store, first, second, known=0.5)
    early = terminal.types("models", "promote", "toy@2", "--yes", *RUN)
    assert isinstance(early.exception, Refused) and "has not been compared" in str(early.exception)
    terminal.json("models", "shadow", "toy@2", *RUN)
    assert "IC +" in terminal.json("models", "show", "toy@2", *RUN)["beside_active"]["sentence"]
    assert terminal.json("models", "compare", "toy@2", *RUN)["is_better"]
    moved = terminal.json("models", "promote", "toy@2", "--yes", "--why", "it has won", *RUN)
    assert (moved["stage"], moved["address"]) == ("active", second.address)
    back = terminal.json("models", "rollback", "--yes", *RUN)
    assert (back["stage"], back["address"]) == ("active", first.address)
    assert rung(store) == [second.model, second.model, first.model]
    actions = [row.action for row in store.audit_rows()]
    assert actions == ["models.shadow", "models.promote", "models.rollback"]


def test_a_challenger_that_knows_nothing_stays_a_shadow(terminal: Terminal, store: PostgresStore) -> None:
    first = enrolled(store, terminal.data, verdict="pass", **HORIZON)
    second = enrolled(store, terminal.data, verdict="pass", seed=2, **HORIZON)
    crown(store, first.address)
    recorded(store, first, second, known=0.0)
    terminal.json("models", "shadow", "toy@2", *RUN)
    refused = terminal.types("models", "promote", "toy@2", "--yes", *RUN)
    assert isinstance(refused.exception, Refused) and "not surely better" in str(refused.exception)
    terminal.json("models", "retire", "toy@2", *RUN)
    assert {row.title: str(row.stage) for row in store.models()} == {"toy v1": "active", "toy v2": "retired"}


def test_a_replay_is_told_nothing(terminal: Terminal, store: PostgresStore) -> None:
    enrolled(store, terminal.data, verdict="pass")
    store.open_run(RunRow(run="old", mode="strict", settings=PLAN.text()))
    terminal.json("models", "promote", "toy", "--yes", "--run", "old")
    assert list(store.outbox("old", "control", 0, 0)) == []


def test_a_group_is_named_by_a_pattern_and_moves_at_once(terminal: Terminal, store: PostgresStore) -> None:
    for name, sector in (("energy-1d", "Energy"), ("utilities-1d", "Utilities"), ("other", "Technology")):
        enrolled(store, terminal.data, verdict="pass", name=name, sector=sector)
    moved = terminal.json("models", "promote", "*-1d", "--yes", *RUN)
    assert [(row["name"], row["stage"]) for row in moved] == [
        ("energy-1d", "active"),
        ("utilities-1d", "active"),
    ]
    assert len(rung(store)) == 1
    assert sum(row.action == "models.promote" for row in store.audit_rows()) >= 2
    none = terminal.types("models", "promote", "nobody-*", "--yes", *RUN)
    assert isinstance(none.exception, DataMissing)
