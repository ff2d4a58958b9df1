"""One connection to Postgres: its session settings, its prepared statements, and what its errors mean."""

from __future__ import annotations

import enum
import select
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, TypeVar

import psycopg
from psycopg import pq

from shared.failures import Corrupt, Fenced, Unavailable

Params = Sequence[Any]
T = TypeVar("T")

FENCED: Final = "TL001"
OTHER_BYTES: Final = "TL002"
PATIENCE_MS: Final = 60_000
LOST: Final = (psycopg.OperationalError, psycopg.InterfaceError)


class Durability(enum.Enum):
    """What a commit waits for: the disk when live, nothing when a replay can be repeated."""

    LIVE = "on"
    STRICT_REPLAY = "off"


class Call(NamedTuple):
    """A statement with its binary parameters."""

    sql: str
    params: tuple[bytes | None, ...]


WAKE: Final = Call("SELECT pg_logical_emit_message(true, 'tapeline'::text, ''::text)", ())
"""Means nothing to anybody, and goes to the disk all the same."""


class Link:
    """Connects when first used and again after a loss; it never repeats a call by itself."""

    def __init__(self, url: str, durability: Durability) -> None:
        self._url = url
        self._durability = durability
        self._connection: psycopg.Connection[Any] | None = None
        self._prepared: dict[str, bytes] = {}
        self._awaking = False

    def close(self) -> None:
        """Gives the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._prepared.clear()
        self._awaking = False

    @contextmanager
    def session(self) -> Iterator[psycopg.Connection[Any]]:
        """The connection, in autocommit; a lost one becomes `Unavailable` and is not used again."""
        try:
            yield self._open()
        except LOST as error:
            self.close()
            raise Unavailable(f"Postgres cannot be reached: {error}") from error
        except psycopg.Error as error:
            raise _meaning(error.sqlstate or "", str(error)) or error from error

    def rows(self, sql: str, params: Params | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Runs one statement in its own transaction; gives its rows, if it has any."""
        with self.session() as connection:
            cursor = connection.execute(sql.encode(), params)
            return cursor.fetchall() if cursor.description else []

    def transaction(self, work: Callable[[psycopg.Connection[Any]], T]) -> T:
        """Runs some statements as one transaction."""
        with self.session() as connection, connection.transaction():
            return work(connection)

    def copied_out(self, sql: str) -> bytearray:
        """All that a `COPY … TO STDOUT` says."""
        with self.session() as connection:
            return _copied_out(connection.pgconn, sql.encode())

    def together(self, calls: Sequence[Call]) -> None:
        """Sends prepared statements in one go: all of them are committed, or none."""
        with self.session() as connection:
            names = [self._name(connection.pgconn, call) for call in calls]
            _sent(connection.pgconn, list(zip(names, calls, strict=True)))
            _answered(connection.pgconn)

    def wake(self) -> None:
        """Sends something small to the disk and waits for nothing: a commit that follows finds no sleeper."""
        if self._durability is not Durability.LIVE or self._awaking:
            return
        with self.session() as connection:
            _sent(connection.pgconn, [(self._name(connection.pgconn, WAKE), WAKE)])
            self._awaking = True

    def _open(self) -> psycopg.Connection[Any]:
        if self._awaking and self._connection is not None:
            self._awaking = False
            _answered(self._connection.pgconn)
        if self._connection is None or self._connection.closed:
            self._prepared.clear()
            self._awaking = False
            self._connection = psycopg.connect(
                self._url,
                autocommit=True,
                connect_timeout=10,
                tcp_user_timeout=15_000,
                keepalives=1,
                keepalives_idle=5,
                keepalives_interval=5,
                keepalives_count=3,
                application_name="tapeline",
                options=" ".join(f"-c {name}={value}" for name, value in self._settings().items()),
            )
        return self._connection

    def _settings(self) -> dict[str, str]:
        return {
            "synchronous_commit": self._durability.value,
            "statement_timeout": "30s",
            "idle_in_transaction_session_timeout": "15s",
            "timezone": "UTC",
            "plan_cache_mode": "force_generic_plan",
            "jit": "off",
        }

    def _name(self, pgconn: pq.abc.PGconn, call: Call) -> bytes:
        name = self._prepared.get(call.sql)
        if name is None:
            name = f"tl_{len(self._prepared)}".encode()
            result = pgconn.prepare(name, call.sql.encode())
            if result.status != pq.ExecStatus.COMMAND_OK:
                raise _error(*_told(pgconn, result))
            self._prepared[call.sql] = name
        return name


def _sent(pgconn: pq.abc.PGconn, calls: Sequence[tuple[bytes, Call]]) -> None:
    """Calls as one pipeline; what comes back is taken by `_answered`."""
    pgconn.enter_pipeline_mode()
    for name, call in calls:
        pgconn.send_query_prepared(name, call.params, [pq.Format.BINARY] * len(call.params))
    pgconn.pipeline_sync()
    _flushed(pgconn, _readable(pgconn))


def _answered(pgconn: pq.abc.PGconn) -> None:
    """Raises the first error of a pipeline; a connection lost on the way leaves the outcome unknown."""
    poll, failure = _readable(pgconn), None
    while True:
        result = _result(pgconn, poll)
        if result is None:
            continue
        if result.status == pq.ExecStatus.PIPELINE_SYNC:
            break
        if result.status == pq.ExecStatus.FATAL_ERROR and failure is None:
            failure = _told(pgconn, result)
    pgconn.exit_pipeline_mode()
    if failure is not None:
        raise _meaning(*failure) or _error(*failure)


def _readable(pgconn: pq.abc.PGconn) -> select.poll:
    poll = select.poll()
    poll.register(pgconn.socket, select.POLLIN)
    return poll


def _copied_out(pgconn: pq.abc.PGconn, sql: bytes) -> bytearray:
    """The server sends a message a row: nothing is done with one but to keep it."""
    pgconn.send_query(sql)
    poll = _readable(pgconn)
    _flushed(pgconn, poll)
    started = _result(pgconn, poll)
    if started is None or started.status != pq.ExecStatus.COPY_OUT:
        _drained(pgconn, poll, started)
        raise psycopg.DatabaseError(f"{sql.decode()} copies nothing out")
    data, fetch = bytearray(), pgconn.get_copy_data
    while True:
        size, piece = fetch(1)
        if size > 0:
            data += piece
        elif size < 0:
            break
        else:
            _wait(poll, pgconn)
    _drained(pgconn, poll, _result(pgconn, poll))
    return data


def _flushed(pgconn: pq.abc.PGconn, poll: select.poll) -> None:
    poll.modify(pgconn.socket, select.POLLIN | select.POLLOUT)
    while pgconn.flush():
        _wait(poll, pgconn)
    poll.modify(pgconn.socket, select.POLLIN)


def _result(pgconn: pq.abc.PGconn, poll: select.poll) -> pq.abc.PGresult | None:
    while pgconn.is_busy():
        _wait(poll, pgconn)
    return pgconn.get_result()


def _drained(pgconn: pq.abc.PGconn, poll: select.poll, result: pq.abc.PGresult | None) -> None:
    """Takes all results, so that the connection can be used again; the first error is raised."""
    failure: pq.abc.PGresult | None = None
    while result is not None:
        if result.status == pq.ExecStatus.FATAL_ERROR and failure is None:
            failure = result
        result = _result(pgconn, poll)
    if failure is not None:
        raise _error(*_told(pgconn, failure))


def _told(pgconn: pq.abc.PGconn, result: pq.abc.PGresult) -> tuple[str, str]:
    """What the server said was wrong; a result that the library made up is a connection that is gone."""
    state = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
    message = result.error_message.decode(errors="replace").strip()
    if not state or state[:2] in {"57", "08"} or pgconn.status != pq.ConnStatus.OK:
        raise psycopg.OperationalError(message or "the connection was lost")
    return state, message


def _wait(poll: select.poll, pgconn: pq.abc.PGconn) -> None:
    if not poll.poll(PATIENCE_MS):
        raise psycopg.OperationalError(f"the server has been silent for {PATIENCE_MS // 1000} s")
    pgconn.consume_input()


def _error(state: str, message: str) -> psycopg.Error:
    try:
        return psycopg.errors.lookup(state)(message)
    except KeyError:
        return psycopg.DatabaseError(message)


def _meaning(state: str, message: str) -> Exception | None:
    if state == FENCED:
        return Fenced(message)
    if state == OTHER_BYTES:
        return Corrupt(message)
    return None
