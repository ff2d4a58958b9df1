"""How models fare is kept and found again, alike in memory and in Postgres."""

from __future__ import annotations

from typing import Any

import msgspec

from shared.store.contract import ExplanationRow, HealthRow, Store


def row(**given: Any) -> HealthRow:
    return msgspec.structs.replace(row_of_a_feature(), **given)


def row_of_a_feature() -> HealthRow:
    return HealthRow(
        run="desk",
        model=7,
        from_ns=1,
        until_ns=100,
        kind="feature psi",
        name="rsi(14)",
        value=0.1,
        low=0.1,
        high=0.1,
        usual=0.05,
        level="calm",
        rows=500,
        measured_ns=200,
    )


def test_only_the_newest_measures_of_each_model_are_given(store: Store) -> None:
    old, new, other = row(), row(until_ns=300, name="sma(5)"), row(model=8, until_ns=50)
    store.save_health([new, old, other])
    assert store.health("desk", 7) == [new]
    assert store.health("desk", 0) == [new, other]
    assert store.health("another", 0) == []


def test_measures_come_by_kind_and_name(store: Store) -> None:
    rows = [row(name="b"), row(name="a"), row(kind="rank ic", name="")]
    store.save_health(rows)
    assert store.health("desk", 7) == [rows[1], rows[0], rows[2]]


def test_measuring_the_same_stretch_again_replaces_what_was_said(store: Store) -> None:
    store.save_health([row()])
    store.save_health([row(level="alarm", value=0.4)])
    assert [one.level for one in store.health("desk", 7)] == ["alarm"]


def why(time_ns: int, instrument: int = 1, **given: Any) -> ExplanationRow:
    plain = ExplanationRow(
        run="desk", event_time_ns=time_ns, instrument=instrument, model=7, of="buy", probability=0.4,
        base=0.3, rest=0.05, shares="[]", made_ns=9,
    )  # fmt: skip
    return msgspec.structs.replace(plain, **given)


def test_explanations_come_newest_first_and_are_made_once(store: Store) -> None:
    rows = [why(5), why(7), why(7, instrument=2), why(9, run="other")]
    store.save_explanations(rows)
    store.save_explanations([why(5, base=0.9)])
    assert store.explanations("desk", 0, 10) == [rows[1], rows[2], rows[0]]
    assert store.explanations("desk", 1, 1) == [rows[1]]
    assert store.explanations("nobody", 0, 10) == []


def test_explanations_of_a_span_come_oldest_first_with_both_ends(store: Store) -> None:
    rows = [why(5), why(7), why(7, instrument=2), why(9), why(9, run="other")]
    store.save_explanations(rows)
    assert store.explanations_between("desk", 0, (5, 7), 10) == rows[:3]
    assert store.explanations_between("desk", 0, (6, 99), 10) == rows[1:4]
    assert store.explanations_between("desk", 0, (6, 99), 1) == [rows[1]]
    assert store.explanations_between("desk", 2, (5, 99), 9) == [rows[2]]
