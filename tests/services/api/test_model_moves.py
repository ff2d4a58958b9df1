"""A move is told to a live run and to no other, and every one of them is in the audit trail."""

from __future__ import annotations

import msgspec
import pytest

from services.api.commands import By, Commands
from services.api.model_moves import Moves
from shared.codec import decode
from shared.failures import Refused
from shared.models import registry
from shared.models.stages import ModelStage
from shared.store.contract import ModelRow, RunRow
from shared.store.memory import MemoryStore
from tests.fixtures.plans import PLAN
from tests.fixtures.registry import model_row

BY = By("ops", 5, "because")
LIVE = msgspec.structs.replace(PLAN, mode="live")


def desk(mode: str) -> tuple[MemoryStore, Moves, ModelRow]:
    store = MemoryStore()
    plan = LIVE if mode == "live" else PLAN
    if mode != "none":
        store.open_run(RunRow(run="t", mode=mode, settings=plan.text()))
    row = registry.register(store, model_row(1), registry.By("ops", 1))
    return store, Moves(Commands("t"), "t"), row


@pytest.mark.parametrize(("mode", "told"), [("live", 2), ("strict", 0), ("none", 0)])
def test_only_a_live_run_is_told(mode: str, told: int) -> None:
    store, moves, row = desk(mode)
    moves.put(store, row, ModelStage.SHADOW, BY)
    letters = [
        decode(letter.payload)
        for account in PLAN.accounts
        for letter in store.outbox("t", "control", account, 0)
    ]
    assert [(int(made["command"][0]), int(made["argument"][0])) for made in letters] == [(4, 1)] * told
    (audited,) = store.audit_rows()
    assert (audited.action, audited.actor) == ("models.shadow", "ops")


def test_the_right_by_which_a_model_was_promoted_is_written_down() -> None:
    store, moves, row = desk("live")
    moves.promote(store, row, BY, registry.by_policy({"promotion": "better"}))
    for detail in (store.audit_rows()[0].detail, store.model_events(row.address)[-1].detail):
        assert '"authority":"policy"' in detail and '"sha256"' in detail


def test_a_move_that_the_registry_refuses_is_neither_told_nor_audited() -> None:
    store, moves, row = desk("live")
    with pytest.raises(Refused):
        moves.put(store, row, ModelStage.CANARY, BY)
    assert store.audit_rows() == [] and list(store.outbox("t", "control", 0, 0)) == []
