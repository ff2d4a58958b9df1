"""A run's plan is one text for every process, and one number for the whole of it."""

from __future__ import annotations

import msgspec
import pytest

from shared.engine.plan import RunPlan, partitions_for

PLAN = RunPlan(
    mode="strict",
    interval_ns=5,
    accounts=(0, 1),
    source={"kind": "tape", "path": "x"},
    model="m",
    risk={"1": {"book": 1}, "0": {"book": 0}},
    venue={},
    cash={"0": "1", "1": "2"},
)


def test_a_plan_survives_its_text() -> None:
    assert RunPlan.read(PLAN.text()) == PLAN


def test_the_order_of_its_terms_is_no_difference() -> None:
    turned = msgspec.structs.replace(PLAN, risk=dict(reversed(PLAN.risk.items())))
    assert turned.hash == PLAN.hash


def test_any_other_term_is_another_plan() -> None:
    assert msgspec.structs.replace(PLAN, grace_ns=1).hash != PLAN.hash


def test_a_term_that_nobody_knows_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="colour"):
        RunPlan.read(PLAN.text()[:-1] + ',"colour":1}')


@pytest.mark.parametrize(
    ("instruments", "workers", "partitions"), [(0, 1, 1), (50, 1, 1), (251, 1, 2), (20, 3, 8), (3_000, 3, 12)]
)
def test_a_run_has_as_few_partitions_as_will_do(instruments: int, workers: int, partitions: int) -> None:
    assert partitions_for(instruments, workers) == partitions
