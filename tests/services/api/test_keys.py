"""A key is shown once and kept as a digest."""

from __future__ import annotations

import pytest

from services.api.keys import Scope, first_key, make_key, recognise
from shared.failures import Refused
from shared.store.memory import MemoryStore


def test_the_first_key_is_made_once_and_never_kept() -> None:
    store = MemoryStore()

    key = first_key(store, 1)

    assert key is not None
    assert first_key(store, 2) is None
    assert all(key.encode() not in row.digest for row in store.api_keys())
    assert recognise(store.api_keys(), key) is not None


def test_a_chosen_key_is_kept_and_a_short_one_refused() -> None:
    store = MemoryStore()
    chosen = "c" * 40

    assert first_key(store, 1, chosen) is None
    assert recognise(store.api_keys(), chosen) is not None
    with pytest.raises(Refused):
        first_key(store, 1, "short")


def test_only_admin_may_do_everything() -> None:
    store = MemoryStore()
    reader = recognise(store.api_keys(), "x") or recognise(
        [*store.api_keys()], make_key(store, "r", [Scope.READ], 1)
    )
    admin = make_key(store, "a", [Scope.ADMIN], 1)
    found = recognise(store.api_keys(), admin)

    assert reader is None or not reader.may(Scope.KILL)
    assert found is not None
    assert found.may(Scope.KILL)
