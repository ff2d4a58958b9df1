"""The registry keeps its promises, alike in memory and in Postgres."""

from __future__ import annotations

from typing import Any

import msgspec
import psycopg
import pytest

from shared.failures import Refused
from shared.models.stages import ModelStage
from shared.store.contract import ModelEvent, ModelRow, Store
from shared.store.postgres import PostgresStore
from tests.fixtures.registry import event, model_row

CANDIDATE, SHADOW, ACTIVE = ModelStage.CANDIDATE, ModelStage.SHADOW, ModelStage.ACTIVE


def added(store: Store, mark: int, **given: Any) -> ModelRow:
    row = model_row(mark, **given)
    return store.add_model(row, event(row.address, CANDIDATE, CANDIDATE))


def stages(store: Store) -> dict[str, ModelStage]:
    return {row.address: row.stage for row in store.models()}


def test_versions_count_by_name_and_an_address_is_registered_once(store: Store) -> None:
    first, other, second = added(store, 1), added(store, 2, name="other"), added(store, 3)
    assert [row.version for row in (first, other, second)] == [1, 1, 2]
    assert added(store, 1, name="renamed") == first
    assert store.models() == sorted([first, second, other], key=lambda row: (row.name, row.version))
    assert [born.address for born in store.model_events("")] == [first.address, other.address, second.address]


def test_a_move_is_kept_with_who_when_and_why(store: Store) -> None:
    row = added(store, 1)
    moved = event(row.address, CANDIDATE, SHADOW, why="to be watched", detail='{"a": 1}')
    store.move_models([moved])
    assert stages(store) == {row.address: SHADOW}
    (_, kept) = store.model_events(row.address)
    assert msgspec.structs.replace(kept, entry=0) == moved and kept.entry > 0
    assert store.model_events("f" * 64) == []


def test_moves_are_all_or_nothing(store: Store) -> None:
    one, two = added(store, 1), added(store, 2)
    with pytest.raises(Refused, match="is candidate, not shadow"):
        store.move_models([event(one.address, CANDIDATE, SHADOW), event(two.address, SHADOW, ACTIVE)])
    with pytest.raises(Refused, match="is not registered"):
        store.move_models([event(one.address, CANDIDATE, SHADOW), event("f" * 64, SHADOW, ACTIVE)])
    assert set(stages(store).values()) == {CANDIDATE}
    assert len(store.model_events("")) == 2


def test_a_sector_and_horizon_have_one_active_model(store: Store) -> None:
    one, two = added(store, 1), added(store, 2)
    other = added(store, 3, sector="Energy")
    store.move_models([event(row.address, CANDIDATE, ACTIVE) for row in (one, other)])
    with pytest.raises(Refused, match="one active model"):
        store.move_models([event(two.address, CANDIDATE, ACTIVE)])
    store.move_models([event(one.address, ACTIVE, SHADOW), event(two.address, CANDIDATE, ACTIVE)])
    assert stages(store) == {one.address: SHADOW, two.address: ACTIVE, other.address: ACTIVE}


@pytest.mark.parametrize("change", ["UPDATE model_events SET why = ''", "DELETE FROM model_events"])
def test_the_record_itself_refuses_to_change_an_event(
    postgres_store: PostgresStore, shared_database: str, change: str
) -> None:
    row = model_row(1)
    postgres_store.add_model(row, event(row.address, CANDIDATE, CANDIDATE))
    with (
        psycopg.connect(shared_database) as connection,
        pytest.raises(psycopg.Error, match="never changed"),
    ):
        connection.execute(change.encode())
    assert isinstance(postgres_store.model_events(row.address)[0], ModelEvent)
