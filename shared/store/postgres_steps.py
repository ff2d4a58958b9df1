"""Runs, leases and steps in Postgres."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
import psycopg

from shared.store.postgres_link import Call
from shared.store.postgres_rows import PostgresRows, fetched
from shared.store.rows import Commit, Letter, RunRow, StageCursor, StageRow
from shared.store.tables import OF_A_RUN

RUN_COLUMNS: Final = "run, mode, config_hash, bus_epoch, complete, halted, settings"
STEP: Final = (
    "SELECT commit_step($1::integer, $2::text, $3::bigint, $4::text, $5::integer, $6::bigint,"
    " $7::bytea, $8::bytea, $9::reader_cursors[], $10::outbox[])"
)
INT4, INT8, TEXT, BYTEA = 23, 20, 25, 17
PAGE: Final = 500
"""Letters and journal entries that are fetched at a time."""


class PostgresSteps(PostgresRows):
    """The topics that stages live on."""

    def open_run(self, run: RunRow) -> RunRow:
        """Inserts a new run with its kill state, or reads back the one of that name."""
        self._link.rows(
            f"WITH new AS (INSERT INTO runs ({RUN_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (run) DO NOTHING RETURNING run_id, halted)"
            " INSERT INTO kill_state (run_id, halted) SELECT run_id, halted FROM new",
            msgspec.structs.astuple(run),
        )
        found = self.run(run.run)
        if found is None:
            raise LookupError(f"run {run.run!r} was dropped while it was opened")
        return found

    def run(self, run: str) -> RunRow | None:
        """The run of this name."""
        rows = self._link.rows(f"SELECT {RUN_COLUMNS} FROM runs WHERE run = %s", (run,))
        return _run(rows[0]) if rows else None

    def runs(self) -> list[RunRow]:
        """Every run, by name."""
        return [
            _run(row) for row in self._link.rows(f'SELECT {RUN_COLUMNS} FROM runs ORDER BY run COLLATE "C"')
        ]

    def bump_bus_epoch(self, run: str, seen: int) -> int:
        """Moves to the next epoch unless somebody already did; gives the one now valid."""
        run_id = self._run_id(run)
        self._link.rows(
            "UPDATE runs SET bus_epoch = bus_epoch + 1 WHERE run_id = %s AND bus_epoch = %s", (run_id, seen)
        )
        return int(self._link.rows("SELECT bus_epoch FROM runs WHERE run_id = %s", (run_id,))[0][0])

    def complete_run(self, run: str) -> None:
        """Declares that nothing more will be written."""
        self._link.rows("UPDATE runs SET complete = true WHERE run_id = %s", (self._run_id(run),))

    def drop_run(self, run: str) -> None:
        """Deletes every row of the run."""
        run_id = self._found_run(run)
        if run_id is not None:
            self._link.transaction(lambda connection: _drop(connection, run_id))
            self._run_ids.pop(run, None)

    def take_lease(self, run: str, name: str, holder: str) -> int:
        """Locks the lease before anything is read, waits for a dying holder's commit, gives the new epoch."""
        rows = self._link.rows(
            "INSERT INTO leases AS l (run_id, name, epoch, holder) VALUES (%s, %s, 1, %s)"
            " ON CONFLICT (run_id, name) DO UPDATE SET epoch = l.epoch + 1, holder = excluded.holder"
            " RETURNING epoch",
            (self._run_id(run), name, holder),
        )
        return int(rows[0][0])

    def commit(self, run: str, commits: Sequence[Commit]) -> None:
        """All of it in one transaction, sent in one go."""
        run_id = self._run_id(run)
        merges = self._merges(run_id, [block for commit in commits for block in commit.rows])
        steps = [Call(STEP, self._step(run_id, commit)) for commit in commits]
        self._link.together([*steps, *merges])

    def wake(self) -> None:
        """A server and a disk that have done nothing for a while take twice as long for a commit."""
        self._link.wake()

    def stage(self, run: str, stage: str, partition: int) -> StageRow | None:
        """Where a stage stands; None before its first commit."""
        place = (self._found_run(run), stage, partition)
        rows = self._link.rows(
            "SELECT seq, state FROM stages WHERE (run_id, stage, partition) = (%s, %s, %s)", place
        )
        if not rows:
            return None
        cursors = self._link.rows(
            'SELECT stream, stream_partition, seq, "row" FROM reader_cursors'
            " WHERE (run_id, stage, partition) = (%s, %s, %s)",
            place,
        )
        return StageRow(seq=rows[0][0], state=rows[0][1], cursors=tuple(sorted(cursors)))

    def cursors(self, run: str) -> list[StageCursor]:
        """Every durable reading position of the run."""
        rows = self._link.rows(
            'SELECT stage, partition, stream, stream_partition, seq, "row" FROM reader_cursors'
            " WHERE run_id = %s",
            (self._found_run(run),),
        )
        return [StageCursor(*row) for row in sorted(rows)]

    def outbox(self, run: str, stream: str, partition: int, above: int) -> Iterator[Letter]:
        """Letters with higher numbers, in order, a page at a time."""
        while True:
            rows = self._link.rows(
                "SELECT stream, partition, seq, prev_seq, watermark_ns, payload FROM outbox WHERE run_id = %s"
                f" AND stream = %s AND partition = %s AND seq > %s ORDER BY seq LIMIT {PAGE}",
                (self._found_run(run), stream, partition, above),
            )
            names = Letter.__struct_fields__
            yield from (Letter(**dict(zip(names, row, strict=True))) for row in rows)
            if len(rows) < PAGE:
                return
            above = rows[-1][2]

    def trim_outbox(self, run: str, stream: str, partition: int, below: int) -> None:
        """Deletes letters with lower numbers."""
        self._link.rows(
            "DELETE FROM outbox WHERE run_id = %s AND stream = %s AND partition = %s AND seq < %s",
            (self._found_run(run), stream, partition, below),
        )

    def journal(self, run: str, stage: str, partition: int, above: int) -> Iterator[tuple[int, bytes]]:
        """What the stage read, in the order in which it was committed, a page at a time."""
        after = (above, (1 << 63) - 1)
        while True:
            rows = self._link.rows(
                "SELECT seq, entry, payload FROM journal WHERE run_id = %s AND stage = %s AND partition = %s"
                f" AND (seq, entry) > (%s, %s) ORDER BY seq, entry LIMIT {PAGE}",
                (self._found_run(run), stage, partition, *after),
            )
            yield from ((seq, payload) for seq, _, payload in rows)
            if len(rows) < PAGE:
                return
            after = rows[-1][:2]

    def _step(self, run_id: int, commit: Commit) -> tuple[bytes | None, ...]:
        stage, partition = commit.stage.encode(), _int4(commit.partition)
        return (
            _int4(run_id),
            commit.lease.encode(),
            _int8(commit.epoch),
            stage,
            partition,
            _int8(commit.seq),
            commit.state,
            commit.journal,
            self._array("reader_cursors", [_cursor(run_id, commit, cursor) for cursor in commit.cursors]),
            self._array("outbox", [_letter(run_id, letter) for letter in commit.outbox]),
        )

    def _array(self, table: str, elements: Sequence[bytes]) -> bytes | None:
        if not elements:
            return None
        head = struct.pack(">iiIii", 1, 0, self._array_type(table), len(elements), 1)
        return b"".join((head, *elements))


def _run(row: tuple[Any, ...]) -> RunRow:
    return RunRow(**dict(zip(RunRow.__struct_fields__, row, strict=True)))


def _drop(connection: psycopg.Connection[Any], run_id: int) -> None:
    fetched(connection, "SELECT set_config('tapeline.dropping', %s, true)", (str(run_id),))
    for table in OF_A_RUN:
        fetched(connection, f'DELETE FROM "{table}" WHERE run_id = %s', (run_id,))


def _int4(value: int) -> bytes:
    return struct.pack(">i", value)


def _int8(value: int) -> bytes:
    return struct.pack(">q", value)


def _record(fields: Sequence[tuple[int, bytes]]) -> bytes:
    body = b"".join(struct.pack(">Ii", oid, len(data)) + data for oid, data in fields)
    return struct.pack(">ii", len(body) + 4, len(fields)) + body


def _cursor(run_id: int, commit: Commit, cursor: tuple[str, int, int, int]) -> bytes:
    stream, partition, seq, row = cursor
    return _record(
        (
            (INT4, _int4(run_id)),
            (TEXT, commit.stage.encode()),
            (INT4, _int4(commit.partition)),
            (TEXT, stream.encode()),
            (INT4, _int4(partition)),
            (INT8, _int8(seq)),
            (INT8, _int8(row)),
        )
    )


def _letter(run_id: int, letter: Letter) -> bytes:
    return _record(
        (
            (INT4, _int4(run_id)),
            (TEXT, letter.stream.encode()),
            (INT4, _int4(letter.partition)),
            (INT8, _int8(letter.seq)),
            (INT8, _int8(letter.prev_seq)),
            (INT8, _int8(letter.watermark_ns)),
            (BYTEA, letter.payload),
        )
    )
