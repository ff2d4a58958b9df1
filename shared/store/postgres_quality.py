"""Data quality by source, symbol and day, in Postgres."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import psycopg

from shared.store.postgres_rows import PostgresRows
from shared.store.rows import QualityRow

KEY: Final = ("source", "symbol", "day")
NAMES: Final = QualityRow.__struct_fields__


class PostgresQuality(PostgresRows):
    """The topic of data quality."""

    def save_quality(self, rows: Sequence[QualityRow]) -> None:
        """Adds rows, or replaces those of the same source, symbol and day."""
        if rows:
            self._link.transaction(lambda connection: _save(connection, rows))

    def quality(self, source: str) -> list[QualityRow]:
        """The rows of a source by symbol and day; of all sources if it is empty."""
        order = ", ".join(f'{name} COLLATE "C"' for name in KEY)
        query = f"SELECT {', '.join(NAMES)} FROM data_quality WHERE %s IN ('', source) ORDER BY {order}"
        found = self._link.rows(query, (source,))
        return [QualityRow(**dict(zip(NAMES, row, strict=True))) for row in found]


def _save(connection: psycopg.Connection[Any], rows: Sequence[QualityRow]) -> None:
    places = ", ".join(["%s"] * len(NAMES))
    changes = ", ".join(f"{name} = excluded.{name}" for name in NAMES if name not in KEY)
    query = (
        f"INSERT INTO data_quality ({', '.join(NAMES)}) VALUES ({places})"
        f" ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET {changes}"
    )
    connection.cursor().executemany(query.encode(), [msgspec.structs.astuple(row) for row in rows])
