"""A group of models is named by a pattern, and a pattern means what the move can move."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from shared.codec import decode
from shared.models.stages import ModelStage
from shared.store.contract import RunRow
from shared.store.postgres import PostgresStore
from tapeline.cli.model_groups import may_become, patterns_of, waiting
from tapeline.cli.outcome import DataMissing
from tests.fixtures.desk_models import enrolled
from tests.fixtures.plans import PLAN
from tests.fixtures.registry import crown, model_row
from tests.fixtures.terminal import Terminal

RUN = ("--run", "desk")
SLOTS = (("energy-1d", "Energy"), ("utilities-1d", "Utilities"), ("energy-5d", "Energy"))


@pytest.fixture
def store(terminal: Terminal) -> Iterator[PostgresStore]:
    made = PostgresStore(terminal.db, terminal.data)
    live = msgspec.structs.replace(PLAN, mode="live")
    made.open_run(RunRow(run="desk", mode="live", settings=live.text()))
    for place, (name, sector) in enumerate(SLOTS):
        verdict = "no edge" if name == "energy-5d" else "pass"
        enrolled(made, terminal.data, verdict=verdict, name=name, sector=sector, horizon_ns=place + 1)
    yield made
    made.close()


def stages(store: PostgresStore) -> dict[str, str]:
    return {row.title: str(row.stage) for row in store.models()}


def test_a_group_is_watched_and_retired_by_pattern_with_one_command_each(
    terminal: Terminal, store: PostgresStore
) -> None:
    assert [row["stage"] for row in terminal.json("models", "shadow", "energy-*", *RUN)] == ["shadow"] * 2
    assert terminal.json("models", "retire", "*-5d", *RUN)["stage"] == "retired"
    assert stages(store) == {
        "energy-1d v1": "shadow", "energy-5d v1": "retired", "utilities-1d v1": "candidate"
    }  # fmt: skip
    assert len(list(store.outbox("desk", "control", 0, 0))) == 2
    none = terminal.types("models", "shadow", "energy-*", *RUN)
    assert isinstance(none.exception, DataMissing)
    assert "no model that is canary or candidate is called like energy-*" in str(none.exception)


def test_a_promotion_says_what_the_run_began_without(terminal: Terminal, store: PostgresStore) -> None:
    done = terminal.types("models", "promote", "*-1d", "--yes", *RUN)
    assert done.exit_code == 0 and "energy-1d v1 is active." in done.stdout
    assert "2 of them wait: run desk began without a model of such bars" in done.stderr
    (energy, *_) = [row for row in store.models() if row.name == "energy-1d"]
    folder = str(terminal.data / "models" / energy.address)
    plan = msgspec.structs.replace(PLAN, mode="live", model=folder)
    store.open_run(RunRow(run="of-energy", mode="live", settings=plan.text()))
    assert waiting(store, "of-energy", [energy]) == waiting(store, "nobody", [energy]) == []


def test_a_pattern_may_mean_only_those_that_the_gate_has_passed(
    terminal: Terminal, store: PostgresStore
) -> None:
    moved = terminal.json("models", "promote", "*", "--passed", "--yes", *RUN)
    assert [row["name"] for row in moved] == ["energy-1d", "utilities-1d"]
    refused = terminal.types("models", "promote", "energy-5d", "--passed", "--yes", *RUN)
    assert isinstance(refused.exception, DataMissing) and "passed none" in str(refused.exception)


def test_a_rollback_without_a_name_takes_back_the_last_group(
    terminal: Terminal, store: PostgresStore
) -> None:
    terminal.json("models", "promote", "*-1d", "--yes", *RUN)
    first = {row.name: row.address for row in store.models() if row.stage is ModelStage.ACTIVE}
    for place, (name, sector) in enumerate(SLOTS[:2]):
        row = enrolled(
            store, terminal.data, verdict="pass", name=name, sector=sector, horizon_ns=place + 1, seed=5
        )
        crown(store, row.address)
    back = terminal.json("models", "rollback", "--yes", *RUN)
    assert {row["name"]: row["address"] for row in back} == first
    again = [int(decode(one.payload)["command"][0]) for one in store.outbox("desk", "control", 0, 0)]
    assert again == [4, 4]


def test_a_group_is_verified_by_pattern_and_a_broken_one_is_told(
    terminal: Terminal, store: PostgresStore
) -> None:
    told = terminal.json("models", "verify", "*-1d")
    assert [(one["name"], one["ok"]) for one in told] == [("energy-1d", True), ("utilities-1d", True)]
    (broken, *_) = [row for row in store.models() if row.name == "utilities-1d"]
    (terminal.data / "models" / broken.address / "lightgbm.bin").write_bytes(b"other")
    done = terminal.types("models", "verify", "*-1d")
    assert done.exit_code == 1
    assert "energy-1d is whole" in done.stdout and "has sha256" in done.stdout


def test_a_group_is_told_by_patterns_only_where_they_mean_it_and_nothing_else() -> None:
    rows = [model_row(n, name=f"s{n}-{horizon}d") for n, horizon in enumerate((1, 1, 1, 5, 5))]
    among = may_become(ModelStage.ACTIVE)
    assert patterns_of(rows, rows, among) == "'*-1d' '*-5d'"
    assert patterns_of(rows[:2], rows, among) == "s0-1d@0 s1-1d@0"
    other = model_row(9, name="other-5d")
    assert patterns_of(rows, [*rows, other], among).startswith("s0-1d@0 ")
