"""Snapshots in Postgres; large ones are files in the data folder whose hash is in Postgres."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import Final

from shared.failures import Corrupt
from shared.store.postgres_steps import PostgresSteps

IN_A_ROW: Final = 1 << 20
"""Bytes above which a snapshot is a file."""


class PostgresSnapshots(PostgresSteps):
    """Steps, and the snapshots of stages that need no step."""

    folder: Path

    def save_snapshot(self, run: str, stage: str, partition: int, seq: int, state: bytes, keep: int) -> None:
        """Takes a snapshot, if its number has none yet, and keeps the newest few up to this number."""
        run_id, sha256 = self._run_id(run), hashlib.sha256(state).digest()
        if len(state) > IN_A_ROW:
            _write(self._file(run, sha256), state)
        self._link.rows(
            "INSERT INTO snapshots (run_id, stage, partition, seq, sha256, state)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (run_id, stage, partition, seq, sha256, None if len(state) > IN_A_ROW else state),
        )
        self._forget(run, (run_id, stage, partition), seq, keep)

    def snapshot(self, run: str, stage: str, partition: int, at_or_below: int) -> tuple[int, bytes] | None:
        """The newest snapshot up to this number; `Corrupt` when its bytes are not those that were saved."""
        rows = self._link.rows(
            "SELECT seq, sha256, state FROM snapshots WHERE (run_id, stage, partition) = (%s, %s, %s)"
            " AND seq <= %s ORDER BY seq DESC LIMIT 1",
            (self._found_run(run), stage, partition, at_or_below),
        )
        if not rows:
            return None
        seq, sha256, state = rows[0]
        if state is None:
            state = _read(self._file(run, sha256))
        if hashlib.sha256(state).digest() != sha256:
            raise Corrupt(f"snapshot {seq} of {stage}/{partition} is not what was saved")
        return seq, state

    def drop_run(self, run: str) -> None:
        """Deletes every row and file of the run."""
        super().drop_run(run)
        shutil.rmtree(self.folder / run, ignore_errors=True)

    def _forget(self, run: str, place: tuple[int, str, int], seq: int, keep: int) -> None:
        gone = self._link.rows(
            "DELETE FROM snapshots WHERE (run_id, stage, partition) = (%s, %s, %s) AND seq <= ("
            " SELECT seq FROM snapshots WHERE (run_id, stage, partition) = (%s, %s, %s) AND seq <= %s"
            " ORDER BY seq DESC OFFSET %s LIMIT 1) RETURNING sha256, state IS NULL",
            (*place, *place, seq, keep),
        )
        for sha256, in_a_file in gone:
            kept = self._link.rows(
                "SELECT 1 FROM snapshots WHERE run_id = %s AND sha256 = %s", (place[0], sha256)
            )
            if in_a_file and not kept:
                self._file(run, sha256).unlink(missing_ok=True)

    def _file(self, run: str, sha256: bytes) -> Path:
        return self.folder / run / f"{sha256.hex()}.snapshot"


def _write(file: Path, state: bytes) -> None:
    """The file is whole and has its name on the disk, whenever the machine stops after this."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(f".{os.getpid()}.partial")
    with partial.open("wb") as stream:
        stream.write(state)
        stream.flush()
        os.fsync(stream.fileno())
    partial.rename(file)
    handle = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        raise Corrupt(f"snapshot file {file} is gone") from error
