"""A move in the registry and the command that tells the run of it, for the command line and the gateway."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from services.api.commands import By, Commands
from shared.models import registry
from shared.models.stages import ModelStage
from shared.store.contract import AuditRow, ModelRow, Store

PERSON: Final = {"authority": "person"}

Move = Callable[[Store, ModelRow, registry.By], ModelRow]
MoveAll = Callable[[Store, Sequence[ModelRow], registry.By], list[ModelRow]]


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

    def promote_all(
        self, store: Store, rows: Sequence[ModelRow], by: By, right: Mapping[str, Any] = PERSON
    ) -> list[ModelRow]:
        """Makes a group active at once; the run is told once, so that it changes once."""
        return self._move_all(store, rows, by, ("promote", right, registry.promote_all))

    def rollback_all(self, store: Store, rows: Sequence[ModelRow], by: By) -> list[ModelRow]:
        """Takes a group back at once."""
        return self._move_all(store, rows, by, ("rollback", PERSON, registry.rollback_all))

    def put(self, store: Store, row: ModelRow, to: ModelStage, by: By) -> ModelRow:
        """Watches a model, or retires it."""
        return self.put_all(store, [row], to, by)[0]

    def put_all(self, store: Store, rows: Sequence[ModelRow], to: ModelStage, by: By) -> list[ModelRow]:
        """Watches or retires a group at once."""

        def move(store: Store, rows: Sequence[ModelRow], by: registry.By) -> list[ModelRow]:
            return registry.put_all(store, rows, to, by)

        return self._move_all(store, rows, by, (str(to), PERSON, move))

    def _move(
        self, store: Store, row: ModelRow, by: By, what: tuple[str, Mapping[str, Any], Move]
    ) -> ModelRow:
        action, right, move = what
        moved = move(store, row, registry.By(by.actor, by.now_ns, by.why, right))
        self._tell(store, [moved], by, (action, right))
        return moved

    def _move_all(
        self, store: Store, rows: Sequence[ModelRow], by: By, what: tuple[str, Mapping[str, Any], MoveAll]
    ) -> list[ModelRow]:
        action, right, move = what
        moved = move(store, rows, registry.By(by.actor, by.now_ns, by.why, right))
        self._tell(store, moved, by, (action, right))
        return moved

    def _tell(
        self, store: Store, moved: Sequence[ModelRow], by: By, what: tuple[str, Mapping[str, Any]]
    ) -> None:
        """A line in the audit trail for each, and one command for the run, which asks the registry then."""
        action, right = what
        for row in moved:
            told = {"model": row.title, "address": row.address, "why": by.why, **right}
            detail = msgspec.json.encode(told).decode()
            store.audit(
                AuditRow(
                    run=self._run, time_ns=by.now_ns, actor=by.actor, action=f"models.{action}", detail=detail
                )
            )
        if moved and self._is_live(store):
            self._commands.announce(store, moved[0].model, by)

    def _is_live(self, store: Store) -> bool:
        """A replay keeps the model of its plan; a record without the run has nobody to tell."""
        row = store.run(self._run)
        return row is not None and not row.complete and row.mode == "live"
