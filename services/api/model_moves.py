"""A move in the registry and the command that tells the run of it, for the command line and the gateway."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from services.api.commands import By, Commands
from shared.models import registry
from shared.models.stages import ModelStage
from shared.store.contract import AuditRow, ModelRow, Store

PERSON: Final = {"authority": "person"}

Move = Callable[[Store, ModelRow, registry.By], ModelRow]


class Moves:
    """Moves models, each with its line in the audit trail, and rings for the run if it is a live one."""

    def __init__(self, commands: Commands, run: str) -> None:
        self._commands, self._run = commands, run

    def promote(self, store: Store, row: ModelRow, by: By, right: Mapping[str, Any] = PERSON) -> ModelRow:
        """Makes a model active, if it has earned it."""
        return self._move(store, row, by, ("promote", right, registry.promote))

    def rollback(self, store: Store, row: ModelRow, by: By) -> ModelRow:
        """Puts the model back that was active before this one."""
        return self._move(store, row, by, ("rollback", PERSON, registry.rollback))

    def put(self, store: Store, row: ModelRow, to: ModelStage, by: By) -> ModelRow:
        """Watches a model, or retires it."""

        def move(store: Store, row: ModelRow, by: registry.By) -> ModelRow:
            return registry.put(store, row, to, by)

        return self._move(store, row, by, (str(to), PERSON, move))

    def _move(
        self, store: Store, row: ModelRow, by: By, what: tuple[str, Mapping[str, Any], Move]
    ) -> ModelRow:
        action, right, move = what
        moved = move(store, row, registry.By(by.actor, by.now_ns, by.why, right))
        told = {"model": moved.title, "address": moved.address, "why": by.why, **right}
        detail = msgspec.json.encode(told).decode()
        audited = AuditRow(
            run=self._run, time_ns=by.now_ns, actor=by.actor, action=f"models.{action}", detail=detail
        )
        store.audit(audited)
        if self._is_live(store):
            self._commands.announce(store, moved.model, by)
        return moved

    def _is_live(self, store: Store) -> bool:
        """A replay keeps the model of its plan; a record without the run has nobody to tell."""
        row = store.run(self._run)
        return row is not None and not row.complete and row.mode == "live"
