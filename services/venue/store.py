"""The venue's own book of record: a file of its own, so that killing the desk never rolls the market back."""

from __future__ import annotations

import enum
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from shared.failures import Corrupt, Fenced, Unavailable
from shared.store.contract import Commit, Letter, StageRow

PAGE: Final = 500
"""Journal entries that are fetched at a time."""
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS leases (name TEXT PRIMARY KEY, epoch INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS stages (
    stage TEXT, partition INTEGER, seq INTEGER NOT NULL, state BLOB, PRIMARY KEY (stage, partition));
CREATE TABLE IF NOT EXISTS outbox (
    stream TEXT, partition INTEGER, seq INTEGER, prev_seq INTEGER NOT NULL, watermark_ns INTEGER NOT NULL,
    payload BLOB NOT NULL, PRIMARY KEY (stream, partition, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS journal (
    stage TEXT, partition INTEGER, seq INTEGER, payload BLOB NOT NULL, PRIMARY KEY (stage, partition, seq));
"""


class Durability(enum.Enum):
    """What a commit survives: a killed process, or a machine without power as well."""

    PROCESS = "OFF"
    POWER = "FULL"


class VenueStore:
    """Leases, states, journal and outbox of one account's market, in SQLite."""

    def __init__(self, file: Path, durability: Durability) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(file, isolation_level=None, timeout=10.0)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute(f"PRAGMA synchronous={durability.value}")
        self._db.executescript(_TABLES)

    def take_lease(self, run: str, name: str, holder: str) -> int:
        """Locks the file before anything is read; gives the new epoch."""
        with _Transaction(self._db):
            self._db.execute(
                "INSERT INTO leases VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET epoch = epoch + 1", (name,)
            )
            (epoch,) = self._db.execute("SELECT epoch FROM leases WHERE name = ?", (name,)).fetchone()
        return int(epoch)

    def commit(self, run: str, commits: Sequence[Commit]) -> None:
        """All of it in one transaction; `Fenced` when a lease has moved on."""
        with _Transaction(self._db):
            for commit in commits:
                self._write(commit)

    def wake(self) -> None:
        """Nobody asks the venue for haste: its file is not a server."""

    def stage(self, run: str, stage: str, partition: int) -> StageRow | None:
        """Where a stage stands; None before its first commit."""
        row = self._db.execute(
            "SELECT seq, state FROM stages WHERE stage = ? AND partition = ?", (stage, partition)
        ).fetchone()
        return None if row is None else StageRow(seq=row[0], state=row[1], cursors=())

    def outbox(self, run: str, stream: str, partition: int, above: int) -> Iterator[Letter]:
        """Letters with higher numbers, in order."""
        rows = self._db.execute(
            "SELECT seq, prev_seq, watermark_ns, payload FROM outbox"
            " WHERE stream = ? AND partition = ? AND seq > ? ORDER BY seq",
            (stream, partition, above),
        ).fetchall()
        for seq, prev_seq, watermark_ns, payload in rows:
            yield Letter(
                stream=stream,
                partition=partition,
                seq=seq,
                prev_seq=prev_seq,
                watermark_ns=watermark_ns,
                payload=payload,
            )

    def trim_outbox(self, run: str, stream: str, partition: int, below: int) -> None:
        """Deletes letters with lower numbers."""
        with _Transaction(self._db):
            self._db.execute(
                "DELETE FROM outbox WHERE stream = ? AND partition = ? AND seq < ?",
                (stream, partition, below),
            )

    def journal(self, run: str, stage: str, partition: int, above: int) -> Iterator[tuple[int, bytes]]:
        """What the market's order was, entry by entry, a page at a time."""
        while True:
            rows: list[tuple[int, bytes]] = self._db.execute(
                "SELECT seq, payload FROM journal WHERE stage = ? AND partition = ? AND seq > ?"
                f" ORDER BY seq LIMIT {PAGE}",
                (stage, partition, above),
            ).fetchall()
            yield from rows
            if len(rows) < PAGE:
                return
            above = rows[-1][0]

    def trim_journal(self, run: str, stage: str, partition: int, below: int) -> None:
        """Deletes journal entries with lower numbers."""
        with _Transaction(self._db):
            self._db.execute(
                "DELETE FROM journal WHERE stage = ? AND partition = ? AND seq < ?", (stage, partition, below)
            )

    def close(self) -> None:
        """Closes the file; what was committed stays."""
        self._db.close()

    def _write(self, commit: Commit) -> None:
        held = self._db.execute(
            "SELECT 1 FROM leases WHERE name = ? AND epoch = ?", (commit.lease, commit.epoch)
        ).fetchone()
        if held is None:
            raise Fenced(f"lease {commit.lease} has moved on from epoch {commit.epoch}")
        place = (commit.stage, commit.partition, commit.seq)
        self._db.execute(
            "INSERT INTO stages VALUES (?, ?, ?, ?)"
            " ON CONFLICT (stage, partition) DO UPDATE SET seq = excluded.seq, state = excluded.state",
            (*place, commit.state),
        )
        for letter in commit.outbox:
            self._keep(letter)
        if commit.journal is not None:
            self._db.execute("INSERT INTO journal VALUES (?, ?, ?, ?)", (*place, commit.journal))

    def _keep(self, letter: Letter) -> None:
        """A number that is known already must have the same bytes."""
        place = (letter.stream, letter.partition, letter.seq)
        told = (letter.prev_seq, letter.watermark_ns, letter.payload)
        made = self._db.execute("INSERT OR IGNORE INTO outbox VALUES (?, ?, ?, ?, ?, ?)", (*place, *told))
        if made.rowcount:
            return
        known = self._db.execute(
            "SELECT prev_seq, watermark_ns, payload FROM outbox"
            " WHERE stream = ? AND partition = ? AND seq = ?",
            place,
        ).fetchone()
        if known != told:
            raise Corrupt(f"outbox has other bytes for {letter.stream}/{letter.partition} #{letter.seq}")


class _Transaction:
    """One write transaction; an error takes all of it back."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise Unavailable(f"the venue's file is busy: {error}") from error

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None:
            self._commit()
        elif self._db.in_transaction:
            self._db.execute("ROLLBACK")
        if isinstance(error, sqlite3.OperationalError):
            raise Unavailable(f"the venue's file cannot be written: {error}") from error

    def _commit(self) -> None:
        try:
            self._db.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise Unavailable(f"the venue's file cannot be written: {error}") from error
