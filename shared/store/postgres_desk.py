"""Dead letters, instruments, the kill switch, jobs, keys and the audit trail in Postgres."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec
import psycopg

from shared.failures import Refused
from shared.market import Instrument
from shared.store.audit import chained
from shared.store.postgres_rows import PostgresRows, fetched
from shared.store.rows import ApiKey, AuditRow, DeadLetter, Job, JobState

LETTER: Final = ", ".join(DeadLetter.__struct_fields__)
INSTRUMENT: Final = ", ".join(Instrument.__struct_fields__)
JOB: Final = ", ".join(Job.__struct_fields__)
AUDIT: Final = ", ".join(AuditRow.__struct_fields__)
API_KEY: Final = ", ".join(ApiKey.__struct_fields__)
AUDIT_LOCK: Final = 0x7A9EA0D


class PostgresDesk(PostgresRows):
    """The topics that people steer."""

    def dead_letter(self, run: str, letter: DeadLetter) -> int:
        """Keeps a dead letter once; gives its id."""
        rows = self._link.rows(
            "INSERT INTO dead_letters AS d (run_id, stage, stream, partition, seq, error, payload)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (run_id, stage, stream, partition, seq) DO UPDATE SET error = d.error RETURNING id",
            (self._run_id(run), *msgspec.structs.astuple(letter)[:6]),
        )
        return int(rows[0][0])

    def dead_letters(self, run: str) -> list[DeadLetter]:
        """The letters of a run, oldest first."""
        query = f"SELECT {LETTER} FROM dead_letters WHERE run_id = %s ORDER BY id"
        return [_made(DeadLetter, row) for row in self._link.rows(query, (self._found_run(run),))]

    def dead_letter_done(self, letter_id: int) -> None:
        """Marks a letter as replayed or given up."""
        if not self._link.rows(
            "UPDATE dead_letters SET done = true WHERE id = %s RETURNING id", (letter_id,)
        ):
            raise LookupError(f"dead letter {letter_id} is not known")

    def save_instruments(self, run: str, instruments: Iterable[Instrument]) -> None:
        """Adds instruments; one that is known with other terms is refused."""
        run_id, rows = self._run_id(run), list(instruments)
        self._link.transaction(lambda connection: _save_instruments(connection, run_id, rows))

    def instruments(self, run: str) -> list[Instrument]:
        """Every instrument of the run, by id."""
        with self._link.session() as connection:
            return _instruments(connection, self._found_run(run))

    def halted(self, run: str) -> bool:
        """Whether trading is off; an unknown run is halted."""
        rows = self._link.rows("SELECT halted FROM kill_state WHERE run_id = %s", (self._found_run(run),))
        return bool(rows[0][0]) if rows else True

    def halt_trading(self, run: str) -> None:
        """Turns trading off, durably."""
        self._link.rows("UPDATE kill_state SET halted = true WHERE run_id = %s", (self._run_id(run),))

    def allow_trading(self, run: str) -> None:
        """Turns trading on again."""
        self._link.rows("UPDATE kill_state SET halted = false WHERE run_id = %s", (self._run_id(run),))

    def add_job(self, job: Job) -> Job:
        """Queues a job, or gives back the one that has its id."""
        places = ", ".join(["%s"] * len(Job.__struct_fields__))
        self._link.rows(
            f"INSERT INTO jobs ({JOB}) VALUES ({places}) ON CONFLICT DO NOTHING", msgspec.structs.astuple(job)
        )
        return _job(self._link.rows(f"SELECT {JOB} FROM jobs WHERE job = %s", (job.job,))[0])

    def claim_job(self, worker: str, now_ns: int) -> Job | None:
        """Takes the oldest queued job, which nobody else then gets."""
        rows = self._link.rows(
            "UPDATE jobs SET state = 'running', worker = %s, updated_ns = %s WHERE job = ("
            " SELECT job FROM jobs WHERE state = 'queued' ORDER BY created_ns, job LIMIT 1"
            f" FOR UPDATE SKIP LOCKED) RETURNING {JOB}",
            (worker, now_ns),
        )
        return _job(rows[0]) if rows else None

    def update_job(self, job: Job) -> None:
        """Replaces what is known about a job."""
        changes = ", ".join(f"{name} = %s" for name in Job.__struct_fields__)
        rows = self._link.rows(
            f"UPDATE jobs SET {changes} WHERE job = %s RETURNING job",
            (*msgspec.structs.astuple(job), job.job),
        )
        if not rows:
            raise LookupError(f"job {job.job!r} is not known")

    def jobs(self) -> list[Job]:
        """Every job, newest first."""
        return [_job(row) for row in self._link.rows(f"SELECT {JOB} FROM jobs ORDER BY created_ns DESC, job")]

    def audit(self, row: AuditRow) -> AuditRow:
        """Appends to the chain; gives the row with its place and hash."""
        return self._link.transaction(lambda connection: _append(connection, row))

    def audit_rows(self) -> list[AuditRow]:
        """The chain, oldest first."""
        return [_made(AuditRow, row) for row in self._link.rows(f"SELECT {AUDIT} FROM audit ORDER BY entry")]

    def save_api_key(self, key: ApiKey) -> None:
        """Adds or replaces the key of that name."""
        self._link.rows(
            f"INSERT INTO api_keys ({API_KEY}) VALUES (%s, %s, %s, %s, %s) ON CONFLICT (name) DO UPDATE SET"
            " digest = excluded.digest, scopes = excluded.scopes, created_ns = excluded.created_ns,"
            " revoked = excluded.revoked",
            (key.name, key.digest, list(key.scopes), key.created_ns, key.revoked),
        )

    def api_keys(self) -> list[ApiKey]:
        """Every key, by name."""
        rows = self._link.rows(f'SELECT {API_KEY} FROM api_keys ORDER BY name COLLATE "C"')
        return [_made(ApiKey, (name, digest, tuple(scopes), *rest)) for name, digest, scopes, *rest in rows]


def _made(kind: Any, row: Iterable[Any]) -> Any:
    return kind(**dict(zip(kind.__struct_fields__, row, strict=True)))


def _job(row: tuple[Any, ...]) -> Job:
    made: Job = _made(Job, row)
    return msgspec.structs.replace(made, state=JobState(made.state))


def _instruments(connection: psycopg.Connection[Any], run_id: int | None) -> list[Instrument]:
    query = f"SELECT {INSTRUMENT} FROM instruments WHERE run_id = %s ORDER BY instrument"
    return [_made(Instrument, row) for row in fetched(connection, query, (run_id,))]


def _save_instruments(connection: psycopg.Connection[Any], run_id: int, rows: list[Instrument]) -> None:
    places = ", ".join(["%s"] * (len(Instrument.__struct_fields__) + 1))
    connection.cursor().executemany(
        f"INSERT INTO instruments (run_id, {INSTRUMENT}) VALUES ({places}) ON CONFLICT DO NOTHING".encode(),
        [(run_id, *msgspec.structs.astuple(row)) for row in rows],
    )
    known = {row.instrument: row for row in _instruments(connection, run_id)}
    for row in rows:
        if known[row.instrument] != row:
            raise Refused(f"instrument {row.instrument} has other terms already: {known[row.instrument]}")


def _append(connection: psycopg.Connection[Any], row: AuditRow) -> AuditRow:
    fetched(connection, "SELECT pg_advisory_xact_lock(%s)", (AUDIT_LOCK,))
    last = fetched(connection, f"SELECT {AUDIT} FROM audit ORDER BY entry DESC LIMIT 1", ())
    placed = chained(row, _made(AuditRow, last[0]) if last else None)
    fetched(
        connection,
        f"INSERT INTO audit ({AUDIT}) VALUES (%s, %s, %s, %s, %s, %s, %s)",
        msgspec.structs.astuple(placed),
    )
    return placed
