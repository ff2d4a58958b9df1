"""Rows of streams in Postgres: arrays of rows in a step, binary `COPY` for many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import psycopg

from shared.block import Block
from shared.store.binary import COPY_HEAD, COPY_TAIL, array_of, copy_row, filled, parsed, width_of
from shared.store.order import by_stream, canonical, latest
from shared.store.postgres_link import Call, Durability, Link
from shared.store.rows import Owner
from shared.store.tables import KEYS, LATEST, is_money, recorded, sql_name, table_of
from shared.stream import Stream
from shared.time import BEFORE_TAPE

COPY_ROWS: Final = 4_096
"""Rows in one write of `COPY`: few, so that the server takes some in while the next are made."""


class PostgresRows:
    """The link, the runs it knows by number, and the tables of streams."""

    def __init__(self, url: str, durability: Durability = Durability.LIVE) -> None:
        self._link = Link(url, durability)
        self._run_ids: dict[str, int] = {}
        self._array_types: dict[str, int] = {}

    def close(self) -> None:
        """Gives the connection back."""
        self._link.close()

    def copy_rows(self, run: str, block: Block) -> None:
        """Appends many rows in a transaction of their own; rows with a key are merged."""
        run_id, stream = self._run_id(run), recorded(block.stream.name)
        if stream.name in KEYS:
            self._link.together(self._merges(run_id, [block]))
            return
        blank = copy_row(stream, width_of(block))
        columns = ", ".join(("run_id", *_columns(stream)))
        statement = f'COPY "{table_of(stream)}" ({columns}) FROM STDIN (FORMAT binary)'
        with self._link.session() as connection, connection.cursor().copy(statement.encode()) as copy:
            copy.write(COPY_HEAD)
            for start in range(0, len(block), COPY_ROWS):
                copy.write(filled(blank, run_id, block.rows(start, start + COPY_ROWS)).data.cast("B"))
            copy.write(COPY_TAIL)

    def read_rows(self, run: str, stream: str) -> Block:
        """Every row of a stream in canonical order."""
        declared = recorded(stream)
        run_id = self._found_run(run)
        if run_id is None:
            return declared.empty(watermark_ns=BEFORE_TAPE).numbered(run, 0, 0)
        query = f'SELECT {_shown(declared)} FROM "{table_of(declared)}" WHERE run_id = {run_id}'
        data = self._link.copied_out(f"COPY ({query}) TO STDOUT (FORMAT binary)")
        return canonical(parsed(declared, data, BEFORE_TAPE).numbered(run, 0, 0))

    def rows_since(self, run: str, stream: str, since_ns: int) -> Block:
        """The rows of a stream from a time on, in canonical order."""
        declared, run_id = recorded(stream), self._found_run(run)
        if run_id is None:
            return declared.empty(watermark_ns=BEFORE_TAPE).numbered(run, 0, 0)
        query = (
            f'SELECT {_shown(declared)} FROM "{table_of(declared)}"'
            f" WHERE run_id = {run_id} AND event_time_ns >= {int(since_ns)}"
        )
        data = self._link.copied_out(f"COPY ({query}) TO STDOUT (FORMAT binary)")
        return canonical(parsed(declared, data, BEFORE_TAPE).numbered(run, 0, 0))

    def owner_of(self, run: str, order_id: int) -> Owner | None:
        """Whose order it is, by its intent."""
        rows = self._link.rows(
            "SELECT account, book, strategy, tag, currency FROM intents"
            " WHERE run_id = (SELECT run_id FROM runs WHERE run = %s) AND order_id = %s LIMIT 1",
            (run, order_id),
        )
        return Owner(*rows[0]) if rows else None

    def _found_run(self, run: str) -> int | None:
        if run not in self._run_ids:
            rows = self._link.rows("SELECT run_id FROM runs WHERE run = %s", (run,))
            if not rows:
                return None
            self._run_ids[run] = rows[0][0]
        return self._run_ids[run]

    def _run_id(self, run: str) -> int:
        found = self._found_run(run)
        if found is None:
            raise LookupError(f"run {run!r} is not open")
        return found

    def _merges(self, run_id: int, blocks: Sequence[Block]) -> list[Call]:
        """One statement for each table that these blocks have rows for."""
        for block in blocks:
            recorded(block.stream.name)
        return [self._merge(run_id, block) for block in by_stream(blocks)]

    def _merge(self, run_id: int, block: Block) -> Call:
        table = table_of(block.stream)
        rows = latest(block) if block.stream.name in LATEST else block
        return Call(_insert(block.stream), (array_of(rows, run_id, self._array_type(table)),))

    def _array_type(self, table: str) -> int:
        """The number of a table's row type, which differs from database to database."""
        if not self._array_types:
            found = self._link.rows(
                "SELECT relname, reltype FROM pg_class WHERE relkind = 'r' AND reltype > 0"
            )
            self._array_types = dict(found)
        return self._array_types[table]


def _insert(stream: Stream) -> str:
    table, key = table_of(stream), KEYS.get(stream.name)
    insert = f'INSERT INTO "{table}" AS t SELECT r.* FROM unnest($1::"{table}"[]) AS r'
    rank = LATEST.get(stream.name)
    if key is None:
        return insert
    if rank is None:
        return f"{insert} ON CONFLICT DO NOTHING"
    columns = [name for name in _columns(stream) if name.strip('"') not in key]
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns)
    later = f"({', '.join(f'excluded.{r}' for r in rank)}) >= ({', '.join(f't.{r}' for r in rank)})"
    return f"{insert} ON CONFLICT (run_id, {', '.join(key)}) DO UPDATE SET {changes} WHERE {later}"


def _columns(stream: Stream) -> list[str]:
    return [f'"{sql_name(column)}"' for column in stream.columns]


def _shown(stream: Stream) -> str:
    """The columns as a block holds them: money in millionths."""
    return ", ".join(
        f'("{sql_name(c)}" * 1000000)::bigint' if is_money(c) else f'"{c.name}"' for c in stream.columns
    )


def fetched(connection: psycopg.Connection[Any], sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of one statement inside a transaction."""
    cursor = connection.execute(sql.encode(), params)
    return cursor.fetchall() if cursor.description else []
