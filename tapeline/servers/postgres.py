"""A private Postgres on a unix socket, tuned small, with everything that makes it durable left on."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Final

import psycopg

from shared import leash
from shared.failures import Refused
from tapeline.servers.cluster import SUPERUSER, Cluster, plain_environment

PATIENCE_S: Final = 60.0
PORT: Final = 5432
DATABASE: Final = "tapeline"
PIECES_AHEAD: Final = 4
TUNED: Final = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "80",
    "shared_buffers": "64MB",
    "work_mem": "4MB",
    "maintenance_work_mem": "32MB",
    "min_wal_size": "256MB",
    "max_wal_size": "512MB",
    "wal_compression": "on",
    "checkpoint_timeout": "15min",
    "autovacuum_max_workers": "1",
    "max_parallel_workers": "2",
    "max_worker_processes": "4",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    "jit": "off",
    "logging_collector": "off",
    "log_min_messages": "warning",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class Postgres:
    """The server of one data folder, as a child of ours."""

    def __init__(self, cluster: Cluster, sockets: Path, logs: Path) -> None:
        self._cluster = cluster
        self._sockets = sockets / "pg"
        self._log = logs / "postgres.log"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address to give to services."""
        return self._url(DATABASE)

    @property
    def pid(self) -> int:
        """The server's process, 0 if it is not running."""
        return self._child.pid if self._child is not None else 0

    def start(self) -> None:
        """Starts the server, waits until it answers, and makes the database if it is new."""
        self._sockets.mkdir(mode=0o700, exist_ok=True)
        os.chown(self._sockets, self._cluster.owner.uid, self._cluster.owner.gid)
        self._child = self._spawned()
        give_up = time.monotonic() + PATIENCE_S
        while not self._answers():
            if self._child.poll() is not None or time.monotonic() > give_up:
                self.stop()
                raise Refused(f"Postgres did not start: {_last_line(self._log)} (more in {self._log})")
            time.sleep(0.05)
        self._make_database()

    def alive(self) -> bool:
        """Whether the server still runs."""
        return self._child is not None and self._child.poll() is None

    def stop(self) -> None:
        """Stops the server, sessions or not; its socket goes with it."""
        if self._child is not None:
            leash.stop(self._child, signal.SIGINT, patience_s=20.0)

    def _spawned(self) -> subprocess.Popen[bytes]:
        options = TUNED | {"unix_socket_directories": str(self._sockets)}
        words = [str(self._cluster.binaries.folder / "postgres"), "-D", str(self._cluster.folder)]
        for name, value in options.items():
            words += ["-c", f"{name}={value}"]
        as_other = os.getuid() == 0
        with self._log.open("wb") as output:
            errand = leash.Errand(
                words,
                plain_environment(),
                output=output,
                user=self._cluster.owner.uid if as_other else None,
                group=self._cluster.owner.gid if as_other else None,
                folder=Path("/"),
                on_orphaned=signal.SIGINT,
            )
            return leash.start(errand)

    def _url(self, database: str) -> str:
        return f"postgresql://{SUPERUSER}@/{database}?host={self._sockets}&port={PORT}"

    def _answers(self) -> bool:
        if not (self._sockets / f".s.PGSQL.{PORT}").exists():
            return False
        try:
            psycopg.connect(self._url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _make_database(self) -> None:
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
            if known is None:
                connection.execute(f"CREATE DATABASE {DATABASE}".encode())
                _begin_pieces(connection)


def _begin_pieces(connection: psycopg.Connection[Any]) -> None:
    """Pieces of the log that no commit will have to fill with zeros first: used ones are used again."""
    for _ in range(PIECES_AHEAD):
        connection.execute("SELECT pg_logical_emit_message(false, 'tapeline', '')")
        connection.execute("SELECT pg_switch_wal()")
    connection.execute("CHECKPOINT")


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() if log.exists() else []
    return lines[-1] if lines else "it said nothing"
