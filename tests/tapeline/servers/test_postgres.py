from __future__ import annotations

import os
from pathlib import Path

import psycopg

from tapeline.servers.cluster import prepared
from tapeline.servers.postgres import PIECES_AHEAD, Postgres
from tapeline.servers.sockets import make_socket_folder, remove_socket_folder, socket_folder


def test_a_private_postgres_keeps_its_rows_and_its_room_over_a_restart_and_leaves_no_socket(
    tmp_path: Path,
) -> None:
    sockets = socket_folder(tmp_path, {})
    for number in range(2):
        make_socket_folder(sockets)
        server = Postgres(prepared(tmp_path, os.environ), sockets, tmp_path)
        server.start()
        try:
            with psycopg.connect(server.url) as connection:
                connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
                connection.execute("INSERT INTO kept VALUES (%s)", (number,))
                rows = connection.execute("SELECT n FROM kept ORDER BY n").fetchall()
                listening = connection.execute("SHOW listen_addresses").fetchone()
                ahead = connection.execute(
                    "SELECT count(*) FROM pg_ls_waldir() WHERE name > pg_walfile_name(pg_current_wal_lsn())"
                ).fetchone()
        finally:
            server.stop()
        assert not server.alive()
        assert [row[0] for row in rows] == list(range(number + 1))
        assert listening == ("",)
        assert ahead is not None and ahead[0] >= PIECES_AHEAD
        assert [file for file in sockets.rglob("*") if file.is_socket()] == []
    remove_socket_folder(sockets)
