"""Servers that a command borrows are gone when it ends; those it was given stay."""

from __future__ import annotations

from pathlib import Path

import psycopg

from shared.engine.redis_wire import Wire
from tapeline.servers.lent import lent


def tables(db: str) -> int:
    with psycopg.connect(db) as connection:
        row = connection.execute("SELECT count(*) FROM runs").fetchone()
    assert row is not None
    return int(row[0])


def test_given_servers_are_used_and_left_running(
    redis_url: str, empty_postgres_url: str, tmp_path: Path
) -> None:
    with lent(redis_url, empty_postgres_url, tmp_path) as servers:
        assert servers == (redis_url, empty_postgres_url)
    assert tables(empty_postgres_url) == 0
    assert Wire(redis_url).ask("PING")


def test_a_borrowed_redis_is_gone_afterwards(empty_postgres_url: str, tmp_path: Path) -> None:
    with lent("", empty_postgres_url, tmp_path) as servers:
        assert Wire(servers.bus).ask("PING")
        socket = Path(servers.bus.removeprefix("unix://"))
    assert not socket.exists()
