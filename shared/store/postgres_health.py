"""How models fare, in Postgres."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import psycopg

from shared.store.postgres_rows import PostgresRows
from shared.store.rows import ExplanationRow, HealthRow

KEY: Final = ("run", "model", "until_ns", "kind", "name")
NAMES: Final = HealthRow.__struct_fields__
WHY: Final = ", ".join(f'"{name}"' for name in ExplanationRow.__struct_fields__)


class PostgresHealth(PostgresRows):
    """The topic of health."""

    def save_health(self, rows: Sequence[HealthRow]) -> None:
        """Adds measures, or replaces those of the same run, model, moment and name."""
        if rows:
            self._link.transaction(lambda connection: _save(connection, rows))

    def health(self, run: str, model: int) -> list[HealthRow]:
        """The newest measures of a model in a run, by kind and name; of every model if it is 0."""
        query = (
            f"SELECT {', '.join(NAMES)} FROM model_health AS one WHERE run = %s AND %s IN (0, model)"
            " AND until_ns = (SELECT max(until_ns) FROM model_health AS other"
            " WHERE other.run = one.run AND other.model = one.model)"
            ' ORDER BY model, kind COLLATE "C", name COLLATE "C"'
        )
        rows = self._link.rows(query, (run, model))
        return [HealthRow(**dict(zip(NAMES, row, strict=True))) for row in rows]

    def save_explanations(self, rows: Sequence[ExplanationRow]) -> None:
        """Adds explanations; one that is there stays as it is."""
        if rows:
            self._link.transaction(lambda connection: _explain(connection, rows))

    def explanations(self, run: str, instrument: int, most: int) -> list[ExplanationRow]:
        """The latest explanations of a run, newest first; of every instrument if it is 0."""
        query = (
            f"SELECT {WHY} FROM explanations WHERE run = %s AND %s IN (0, instrument)"
            ' ORDER BY event_time_ns DESC, instrument, model, "of" COLLATE "C" LIMIT %s'
        )
        return [_why(row) for row in self._link.rows(query, (run, instrument, most))]

    def explanations_between(
        self, run: str, instrument: int, span: tuple[int, int], most: int
    ) -> list[ExplanationRow]:
        """The first explanations of a span of closes, ends included, oldest first; instrument 0: of all."""
        query = (
            f"SELECT {WHY} FROM explanations WHERE run = %s AND %s IN (0, instrument)"
            " AND event_time_ns BETWEEN %s AND %s"
            ' ORDER BY event_time_ns, instrument, model, "of" COLLATE "C" LIMIT %s'
        )
        return [_why(row) for row in self._link.rows(query, (run, instrument, *span, most))]


def _why(row: Sequence[Any]) -> ExplanationRow:
    return ExplanationRow(**dict(zip(ExplanationRow.__struct_fields__, row, strict=True)))


def _explain(connection: psycopg.Connection[Any], rows: Sequence[ExplanationRow]) -> None:
    places = ", ".join(["%s"] * len(ExplanationRow.__struct_fields__))
    query = f"INSERT INTO explanations ({WHY}) VALUES ({places}) ON CONFLICT DO NOTHING"
    connection.cursor().executemany(query.encode(), [msgspec.structs.astuple(row) for row in rows])


def _save(connection: psycopg.Connection[Any], rows: Sequence[HealthRow]) -> None:
    places = ", ".join(["%s"] * len(NAMES))
    changes = ", ".join(f"{name} = excluded.{name}" for name in NAMES if name not in KEY)
    query = (
        f"INSERT INTO model_health ({', '.join(NAMES)}) VALUES ({places})"
        f" ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET {changes}"
    )
    connection.cursor().executemany(query.encode(), [msgspec.structs.astuple(row) for row in rows])
