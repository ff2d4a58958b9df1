"""Fundamentals and headlines in Postgres."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import psycopg

from shared.store.postgres_rows import PostgresRows
from shared.store.rows import FactCounts, Fundamental, Headline

NUMBERS: Final = Fundamental.__struct_fields__
NEWS: Final = Headline.__struct_fields__
Rows = Sequence[Fundamental] | Sequence[Headline]


class PostgresFacts(PostgresRows):
    """The topic of what is known beside prices."""

    def save_fundamentals(self, rows: Sequence[Fundamental]) -> int:
        """Adds numbers; one that was told already stays as it is. Gives how many are new."""
        return self._add("fundamentals", NUMBERS, rows)

    def fundamentals(self, symbol: str) -> list[Fundamental]:
        """Everything ever told about a symbol, in the order in which it became known; empty: about all."""
        order = 'known_ns, symbol COLLATE "C", name COLLATE "C", as_of_ns, vendor COLLATE "C"'
        query = f"SELECT {', '.join(NUMBERS)} FROM fundamentals WHERE %s IN ('', symbol) ORDER BY {order}"
        return [
            Fundamental(**dict(zip(NUMBERS, row, strict=True))) for row in self._link.rows(query, (symbol,))
        ]

    def save_headlines(self, rows: Sequence[Headline]) -> int:
        """Adds headlines; one that is there keeps its tone. Gives how many are new."""
        return self._add("headlines", NEWS, rows)

    def headlines(self, symbol: str) -> list[Headline]:
        """Every headline about a symbol by time; empty: about all."""
        order = 'time_ns, symbol COLLATE "C", number COLLATE "C", vendor COLLATE "C"'
        query = f"SELECT {', '.join(NEWS)} FROM headlines WHERE %s IN ('', symbol) ORDER BY {order}"
        return [Headline(**dict(zip(NEWS, row, strict=True))) for row in self._link.rows(query, (symbol,))]

    def fact_counts(self) -> FactCounts:
        """How much of both there is."""
        both = ("fundamentals", "headlines")
        counts = [f"(SELECT count(*) FROM {one}), (SELECT count(DISTINCT symbol) FROM {one})" for one in both]
        (row,) = self._link.rows(f"SELECT {', '.join(counts)}")
        return FactCounts(fundamentals=row[0], companies=row[1], headlines=row[2], covered=row[3])

    def unknown_headlines(self, vendor: str, symbol: str, numbers: Sequence[str]) -> set[str]:
        """Those of a vendor's numbers under which nothing is kept."""
        query = "SELECT number FROM headlines WHERE vendor = %s AND symbol = %s AND number = ANY(%s)"
        return set(numbers) - {row[0] for row in self._link.rows(query, (vendor, symbol, list(numbers)))}

    def _add(self, table: str, names: Sequence[str], rows: Rows) -> int:
        places = ", ".join(["%s"] * len(names))
        query = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places}) ON CONFLICT DO NOTHING"

        def add(connection: psycopg.Connection[Any]) -> int:
            cursor = connection.cursor()
            cursor.executemany(query.encode(), [msgspec.structs.astuple(row) for row in rows])
            return max(cursor.rowcount, 0)

        return self._link.transaction(add) if rows else 0
