"""The registry of models in Postgres."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import psycopg

from shared.failures import Refused
from shared.models.stages import ModelStage
from shared.store.memory_models import TWO_ACTIVE, not_there
from shared.store.postgres_rows import PostgresRows, fetched
from shared.store.rows import ModelEvent, ModelRow

MODEL: Final = ModelRow.__struct_fields__
EVENT: Final = tuple(name for name in ModelEvent.__struct_fields__ if name != "entry")
ADD_LOCK: Final = 0x7A9E30D


class PostgresModels(PostgresRows):
    """The topic of models."""

    def add_model(self, row: ModelRow, born: ModelEvent) -> ModelRow:
        """Registers a model under the next version of its name, or gives back the one of its address."""
        return self._link.transaction(lambda connection: _add(connection, row, born))

    def models(self) -> list[ModelRow]:
        """Every model, by name and version."""
        query = f'SELECT {", ".join(MODEL)} FROM models ORDER BY name COLLATE "C", version'
        return [_model(row) for row in self._link.rows(query)]

    def move_models(self, events: Sequence[ModelEvent]) -> None:
        """Appends events and moves their models, all or none."""
        try:
            self._link.transaction(lambda connection: _move(connection, events))
        except psycopg.errors.UniqueViolation:
            raise Refused(TWO_ACTIVE) from None

    def model_events(self, address: str) -> list[ModelEvent]:
        """What happened to a model, oldest first; to all models if the address is empty."""
        names = ModelEvent.__struct_fields__
        query = f"SELECT {', '.join(names)} FROM model_events WHERE %s IN ('', address) ORDER BY entry"
        rows = [dict(zip(names, row, strict=True)) for row in self._link.rows(query, (address,))]
        return [msgspec.convert(row, ModelEvent) for row in rows]


def _add(connection: psycopg.Connection[Any], row: ModelRow, born: ModelEvent) -> ModelRow:
    """Versions are given one after the other, so that two who register at once get two of them."""
    fetched(connection, "SELECT pg_advisory_xact_lock(%s)", (ADD_LOCK,))
    known = fetched(connection, f"SELECT {', '.join(MODEL)} FROM models WHERE address = %s", (row.address,))
    if known:
        return _model(known[0])
    query = "SELECT coalesce(max(version), 0) + 1 FROM models WHERE name = %s"
    placed = msgspec.structs.replace(row, version=fetched(connection, query, (row.name,))[0][0])
    places = ", ".join(["%s"] * len(MODEL))
    statement = f"INSERT INTO models ({', '.join(MODEL)}) VALUES ({places})"
    connection.execute(statement.encode(), msgspec.structs.astuple(placed))
    _append(connection, born)
    return placed


def _move(connection: psycopg.Connection[Any], events: Sequence[ModelEvent]) -> None:
    for event in events:
        moved = fetched(
            connection,
            "UPDATE models SET stage = %s WHERE address = %s AND stage = %s RETURNING address",
            (event.after, event.address, event.before),
        )
        if not moved:
            found = fetched(connection, "SELECT stage FROM models WHERE address = %s", (event.address,))
            raise Refused(not_there(event, ModelStage(found[0][0]) if found else None))
        _append(connection, event)


def _append(connection: psycopg.Connection[Any], event: ModelEvent) -> None:
    places = ", ".join(["%s"] * len(EVENT))
    values = [getattr(event, name) for name in EVENT]
    connection.execute(f"INSERT INTO model_events ({', '.join(EVENT)}) VALUES ({places})".encode(), values)


def _model(row: Sequence[Any]) -> ModelRow:
    return msgspec.convert(dict(zip(MODEL, row, strict=True)), ModelRow)
