"""The questions that the gateway asks the record, as SQL on the tables of the store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, Final, Protocol

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from services.api.pages import Row, Value, Wanted
from services.api.resources import Resource
from shared.failures import Unavailable
from shared.store.tables import sql_name, table_of

CONNECTIONS: Final = 4
STATEMENT_TIMEOUT_MS: Final = 10_000
OPTIONS: Final = f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c default_transaction_read_only=on"

Connection = psycopg.AsyncConnection[tuple[Any, ...]]


class Queries(Protocol):
    """What the gateway reads; the answer may be asked again, it changes nothing."""

    async def page(self, wanted: Wanted) -> list[Row]:
        """Rows newest first, at most the limit; money in millionths under the column's own name."""
        ...

    async def alive(self) -> None:
        """Raises `Unavailable` when the record does not answer."""
        ...

    async def close(self) -> None:
        """Gives the connections back."""
        ...


class PostgresQueries:
    """A few connections of its own, read-only, opened when first wanted."""

    def __init__(self, url: str, run: str) -> None:
        self._url, self._run = url, run
        self._free: asyncio.LifoQueue[Connection | None] = asyncio.LifoQueue()
        for _ in range(CONNECTIONS):
            self._free.put_nowait(None)

    async def page(self, wanted: Wanted) -> list[Row]:
        """Rows newest first, at most the limit."""
        statement, values = select(wanted, self._run)
        names = wanted.resource.declaration.names
        async with self._connection() as connection:
            found = await (await connection.execute(statement, values)).fetchall()
        return [dict(zip(names, map(_inside, names, row), strict=True)) for row in found]

    async def alive(self) -> None:
        """Asks for nothing, and gets an answer."""
        async with self._connection() as connection:
            await connection.execute("SELECT 1")

    async def close(self) -> None:
        """Closes what is open."""
        for _ in range(CONNECTIONS):
            connection = await self._free.get()
            if connection is not None:
                await connection.close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        connection = await self._free.get()
        try:
            if connection is None or connection.closed:
                connection = await self._connect()
            yield connection
        except psycopg.OperationalError as error:
            if connection is not None:
                await connection.close()
            raise Unavailable(f"Postgres does not answer: {error}") from error
        finally:
            self._free.put_nowait(connection)

    async def _connect(self) -> Connection:
        return await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, row_factory=tuple_row, options=OPTIONS, connect_timeout=5,
            prepare_threshold=1, tcp_user_timeout=5_000,
        )  # fmt: skip


def select(wanted: Wanted, run: str) -> tuple[sql.Composed, list[object]]:
    """The statement of one page; every value is a parameter, every name one that we declared."""
    resource = wanted.resource
    stream = resource.declaration
    clauses: list[sql.Composable] = [sql.SQL("run_id = (SELECT run_id FROM runs WHERE run = %s)")]
    values: list[object] = [run]
    bounds = [(name, "=", value) for name, value in wanted.filters]
    bounds += [("event_time_ns", ">=", wanted.since_ns)] if wanted.since_ns is not None else []
    bounds += [("event_time_ns", "<", wanted.until_ns)] if wanted.until_ns is not None else []
    for name, operator, value in bounds:
        clauses.append(sql.SQL("{} {} %s").format(sql.Identifier(name), sql.SQL(operator)))
        values.append(value)
    key = sql.SQL(", ").join(sql.Identifier(name) for name in resource.key)
    if wanted.after is not None:
        marks = sql.SQL(", ").join(sql.Placeholder() for _ in resource.key)
        clauses.append(sql.SQL("({}) < ({})").format(key, marks))
        values.extend(wanted.after)
    statement = sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT %s").format(
        sql.SQL(", ").join(sql.Identifier(sql_name(column)) for column in stream.columns),
        sql.Identifier(table_of(stream)),
        sql.SQL(" AND ").join(clauses),
        _newest_first(resource),
    )
    return statement, [*values, wanted.limit]


def _newest_first(resource: Resource) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL("{} DESC").format(sql.Identifier(name)) for name in resource.key)


def _inside(name: str, value: Any) -> Value:
    """A value of Postgres in the words used inside: money as whole millionths."""
    if isinstance(value, Decimal):
        return int(value.scaleb(6)) if name.endswith("_micro") else int(value)
    found: Value = value
    return found
