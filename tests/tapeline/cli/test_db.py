"""The record's tables are made once, and again without harm."""

from __future__ import annotations

from pathlib import Path

import psycopg

from tests.fixtures.terminal import Terminal


def test_tables_are_made_and_an_upgrade_again_changes_nothing(
    empty_postgres_url: str, tmp_path: Path
) -> None:
    terminal = Terminal(empty_postgres_url, tmp_path)
    for _ in range(2):
        assert terminal.json("db", "upgrade") == {"ok": True}
    with psycopg.connect(empty_postgres_url) as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (0,)
