"""The incumbent serves until a challenger has surely won, and what no gate has passed is never active."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from shared.failures import Refused
from shared.models import registry
from shared.models.evidence import Comparison
from shared.models.registry import MOST_WATCHED, NOT_JUDGED, By, by_policy
from shared.models.stages import ModelStage
from shared.store.contract import ModelRow
from shared.store.memory import MemoryStore
from tests.fixtures.registry import model_row

BY = By("ops", 9, "because")


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def registered(store: MemoryStore, mark: int, **given: Any) -> ModelRow:
    return registry.register(store, model_row(mark, **given), BY)


def now(store: MemoryStore, row: ModelRow) -> ModelRow:
    return registry.find(store.models(), row.address)


def shown(store: MemoryStore, row: ModelRow, against: ModelRow, low: float) -> None:
    comparison = Comparison(
        against=against.address, rows=900, moments=90, from_ns=0, until_ns=9, active=(0.01, 0.0, 0.02),
        challenger=(0.03, 0.02, 0.04), difference=(0.02, low, 0.03), agreement=0.5,
    )  # fmt: skip
    registry.keep_comparison(store, now(store, row), BY, comparison)


def test_a_first_model_that_passed_becomes_active(store: MemoryStore) -> None:
    row = registry.promote(store, registered(store, 1), BY)
    assert now(store, row).stage is row.stage is ModelStage.ACTIVE
    assert registry.promote(store, row, BY) == row
    assert len(store.model_events(row.address)) == 2


@pytest.mark.parametrize("verdict", ["no edge", "blocked", NOT_JUDGED, "", "PASS"])
def test_what_the_gate_has_not_passed_is_never_active(store: MemoryStore, verdict: str) -> None:
    row = registered(store, 1, verdict=verdict)
    with pytest.raises(Refused, match="verdict"):
        registry.promote(store, row, BY)
    watched = registry.put(store, row, ModelStage.SHADOW, BY)
    with pytest.raises(Refused, match="verdict"):
        registry.promote(store, watched, BY)
    with pytest.raises(Refused, match="only a promotion"):
        registry.put(store, watched, ModelStage.ACTIVE, BY)
    with pytest.raises(Refused, match="nothing was active before"):
        registry.rollback(store, watched, BY)


def test_a_challenger_wins_only_by_an_interval_above_zero(store: MemoryStore) -> None:
    incumbent = registry.promote(store, registered(store, 1), BY)
    challenger = registry.put(store, registered(store, 2), ModelStage.SHADOW, BY)
    with pytest.raises(Refused, match="has not been compared with alpha v1"):
        registry.promote(store, challenger, BY)
    shown(store, challenger, challenger, low=0.01)
    with pytest.raises(Refused, match="has not been compared"):
        registry.promote(store, challenger, BY)
    shown(store, challenger, incumbent, low=0.01)
    shown(store, challenger, incumbent, low=-0.001)
    with pytest.raises(Refused, match=r"not surely better than alpha v1: IC \+0.0200 \[-0.0010, \+0.0300\]"):
        registry.promote(store, challenger, BY)
    shown(store, challenger, incumbent, low=0.001)
    registry.promote(store, challenger, BY)
    assert now(store, challenger).stage is ModelStage.ACTIVE
    assert now(store, incumbent).stage is ModelStage.SHADOW


def test_a_rollback_needs_no_proof_and_a_second_one_comes_back(store: MemoryStore) -> None:
    first = registry.promote(store, registered(store, 1), BY)
    second = registered(store, 2)
    shown(store, second, first, low=0.1)
    second = registry.promote(store, second, BY)
    for _ in range(2):
        assert registry.rollback(store, second, BY).address == first.address
    assert now(store, second).stage is ModelStage.SHADOW
    assert registry.rollback(store, first, BY).address == second.address


def test_a_retired_model_is_not_rolled_back_to(store: MemoryStore) -> None:
    first = registry.promote(store, registered(store, 1), BY)
    second = registered(store, 2)
    shown(store, second, first, low=0.1)
    second = registry.promote(store, second, BY)
    registry.put(store, now(store, first), ModelStage.RETIRED, BY)
    with pytest.raises(Refused, match="it is retired"):
        registry.rollback(store, second, BY)


def test_each_sector_and_horizon_has_its_own_active_model(store: MemoryStore) -> None:
    one = registry.promote(store, registered(store, 1), BY)
    other = registry.promote(store, registered(store, 2, sector="Energy"), BY)
    third = registry.promote(store, registered(store, 3, horizon_ns=1), BY)
    assert {now(store, row).stage for row in (one, other, third)} == {ModelStage.ACTIVE}
    assert registry.active_beside(store.models(), other) == now(store, other)


def test_only_so_many_are_watched(store: MemoryStore) -> None:
    for mark in range(MOST_WATCHED):
        registry.put(store, registered(store, mark), ModelStage.SHADOW, BY)
    more = registered(store, 99)
    with pytest.raises(Refused, match="4 models are watched"):
        registry.put(store, more, ModelStage.SHADOW, BY)
    first = registry.find(store.models(), "alpha@1")
    registry.put(store, registry.put(store, first, ModelStage.CANARY, BY), ModelStage.RETIRED, BY)
    registry.put(store, more, ModelStage.SHADOW, BY)


def test_a_starter_takes_an_empty_place_or_that_of_a_starter_and_no_other(store: MemoryStore) -> None:
    policy = By("desk", 1, "no model yet", by_policy({"starter": True}))
    one = registered(store, 1, name="starter", verdict=NOT_JUDGED)
    two = registered(store, 2, name="starter", verdict=NOT_JUDGED)
    one = registry.promote_starter(store, one, policy)
    assert registry.promote_starter(store, one, policy) == one
    assert registry.promote_starter(store, two, policy).stage is ModelStage.ACTIVE
    assert now(store, one).stage is ModelStage.RETIRED
    assert '"authority":"policy"' in store.model_events(two.address)[-1].detail
    earned = registered(store, 3)
    shown(store, earned, two, low=0.1)
    registry.promote(store, earned, BY)
    third = registered(store, 4, name="starter", verdict=NOT_JUDGED)
    assert registry.promote_starter(store, third, policy).stage is ModelStage.CANDIDATE
    mine = registered(store, 5, sector="Energy", verdict=NOT_JUDGED)
    assert registry.promote_starter(store, mine, policy).stage is ModelStage.CANDIDATE


def test_a_model_is_found_by_name_version_number_or_address(store: MemoryStore) -> None:
    one, two = registered(store, 0x11 << 248), registered(store, 0x22 << 248)
    models = store.models()
    assert registry.find(models, "alpha") == two
    assert registry.find(models, "alpha@1") == registry.find(models, one.address[:8]) == one
    assert registry.find(models, str(one.model)) == one, "as its predictions name it"
    for wrong in ("beta", "alpha@3", one.address[:7], "f" * 64):
        with pytest.raises(Refused, match="no model"):
            registry.find(models, wrong)
    registered(store, (0x11 << 248) + 1)
    with pytest.raises(Refused, match="begins the addresses of 2"):
        registry.find(store.models(), one.address[:8])


def test_a_note_moves_nothing(store: MemoryStore) -> None:
    row = registered(store, 1)
    registry.note(store, row, BY, {"trial": "refused"})
    (_, kept) = store.model_events(row.address)
    assert (kept.before, kept.after, kept.why) == (row.stage, row.stage, "because")
    assert msgspec.json.decode(kept.detail) == {"trial": "refused"}


def test_the_right_of_a_policy_is_its_terms_and_their_hash() -> None:
    one, same = by_policy({"b": 1, "a": 2}), by_policy({"a": 2, "b": 1})
    assert one["sha256"] == same["sha256"] != by_policy({"a": 3, "b": 1})["sha256"]


def test_a_group_is_promoted_whole_or_not_at_all(store: MemoryStore) -> None:
    group = [registered(store, mark, sector=sector) for mark, sector in ((1, "Energy"), (2, "Utilities"))]
    spoilt = registered(store, 3, sector="Technology", verdict="no edge")
    with pytest.raises(Refused, match="no edge"):
        registry.promote_all(store, [*group, spoilt], BY)
    assert {row.stage for row in store.models()} == {ModelStage.CANDIDATE}
    moved = registry.promote_all(store, group, BY)
    assert [row.stage for row in moved] == [ModelStage.ACTIVE] * 2
    assert registry.promote_all(store, group, BY) and len(store.model_events("")) == 5
    twice = [group[0], registered(store, 4, sector="Energy")]
    with pytest.raises(Refused, match="same sector and horizon"):
        registry.promote_all(store, twice, BY)


def test_a_group_is_rolled_back_whole_or_not_at_all(store: MemoryStore) -> None:
    old = [registered(store, mark, sector=sector) for mark, sector in ((1, "Energy"), (2, "Utilities"))]
    new = [registered(store, mark, sector=sector) for mark, sector in ((3, "Energy"), (4, "Utilities"))]
    alone = registered(store, 5, sector="Technology")
    registry.promote_all(store, [*old, alone], BY)
    for row, before in zip(new, old, strict=True):
        registry.put(store, row, ModelStage.SHADOW, BY)
        shown(store, row, before, low=0.01)
    registry.promote_all(store, [now(store, row) for row in new], BY)
    with pytest.raises(Refused, match="nothing was active before"):
        registry.rollback_all(store, [now(store, row) for row in (*new, alone)], BY)
    assert now(store, new[0]).stage is ModelStage.ACTIVE
    registry.rollback_all(store, [now(store, row) for row in new], BY)
    assert [now(store, row).stage for row in (*old, *new)] == [ModelStage.ACTIVE] * 2 + [
        ModelStage.SHADOW
    ] * 2
