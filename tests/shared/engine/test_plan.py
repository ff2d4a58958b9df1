"""A run's plan is one text for every process, and one number for the whole of it."""

from __future__ import annotations

import msgspec
import pytest

from shared.engine.plan import Retention, RunPlan, partitions_for

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


def test_what_defines_a_run_makes_another_plan() -> None:
    assert msgspec.structs.replace(PLAN, interval_ns=6).hash != PLAN.hash
    assert msgspec.structs.replace(PLAN, cash={"0": "1", "1": "3"}).hash != PLAN.hash


def test_the_pace_of_a_run_may_change() -> None:
    paced = {**PLAN.source, "pacing": {"speed": 5.0}}
    faster = msgspec.structs.replace(
        PLAN, source=paced, grace_ns=1, warm="w", retention=Retention(bars_days=1)
    )
    assert faster.hash == PLAN.hash and faster.differences(PLAN) == []
    assert faster.text() != PLAN.text()


def test_a_difference_names_the_setting_and_both_values() -> None:
    one = msgspec.structs.replace(PLAN, source={"market": {"seed": 7}}, model="a")
    other = msgspec.structs.replace(PLAN, source={"market": {"seed": 8}}, model="b")
    assert other.differences(one) == ["market.seed was 7, now 8"]
    surer = msgspec.structs.replace(other, risk={"0": {"entry_threshold": 0.9}})
    assert "0.9" not in str(
        surer.differences(msgspec.structs.replace(one, risk={"0": {"entry_threshold": 0.5}}))
    )
    assert msgspec.structs.replace(one, model="b").differences(one) == ["model was a, now b"]


def test_a_term_that_came_with_a_release_is_no_difference() -> None:
    newer = msgspec.structs.replace(PLAN, venue={"most_lots": 5})
    assert newer.differences(PLAN) == [] == PLAN.differences(newer)
    assert msgspec.structs.replace(PLAN, accounts=(0,)).differences(PLAN) == ["accounts was [0, 1], now [0]"]


def test_a_term_that_nobody_knows_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="colour"):
        RunPlan.read(PLAN.text()[:-1] + ',"colour":1}')


@pytest.mark.parametrize(
    ("instruments", "workers", "partitions"), [(0, 1, 1), (50, 1, 1), (251, 1, 2), (20, 3, 8), (3_000, 3, 12)]
)
def test_a_run_has_as_few_partitions_as_will_do(instruments: int, workers: int, partitions: int) -> None:
    assert partitions_for(instruments, workers) == partitions
