"""Migrations make exactly the tables that the schema declares, however many processes run them."""

from __future__ import annotations

import threading
from typing import Final

import psycopg
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from shared.store.schema import METADATA
from shared.store.tables import OF_A_RUN
from shared.store.upgrade import engine_of, upgrade

HEAD: Final = "0014"


def test_a_migrated_database_is_the_schema(postgres_url: str) -> None:
    with engine_of(postgres_url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, METADATA) == []


def test_a_dropped_run_is_dropped_from_every_table_that_knows_runs() -> None:
    assert set(OF_A_RUN) == {name for name, table in METADATA.tables.items() if "run_id" in table.c}
    assert OF_A_RUN[-1] == "runs"


def test_columns_of_a_table_are_in_the_order_of_its_stream(postgres_url: str) -> None:
    """Rows travel as arrays of the table's row type, which knows columns by place."""
    with psycopg.connect(postgres_url) as connection:
        found: dict[str, list[str]] = {}
        query = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        for table, column in connection.execute(f"{query} ORDER BY table_name, ordinal_position".encode()):
            found.setdefault(table, []).append(column)
    assert {name: found[name] for name in METADATA.tables} == {
        name: [column.name for column in table.columns] for name, table in METADATA.tables.items()
    }


def test_several_processes_may_upgrade_at_once(empty_postgres_url: str) -> None:
    failures: list[Exception] = []

    def one() -> None:
        try:
            upgrade(empty_postgres_url)
        except psycopg.Error as error:
            failures.append(error)

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    with psycopg.connect(empty_postgres_url) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]


def test_prices_are_shown_as_decimals(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        connection.execute("INSERT INTO runs (run, mode, config_hash) VALUES ('r', 'live', 0)")
        connection.execute(
            "INSERT INTO instruments SELECT run_id, 1, 'ABC', 'TAPE', 0, 1, 'equity', 'USD', 0.01, 0.5, 1,"
            " '24/7', ''"
            " FROM runs"
        )
        connection.execute(
            "INSERT INTO fills SELECT run_id, 5, 0, 0, 0, 0, 0, 1, 7, 0, 9, 1, 3, 12345, 1500001, 1, 0"
            " FROM runs"
        )
        row = connection.execute(
            "SELECT run, symbol, price_decimal::text, quantity_decimal::text, fee_decimal::text"
            " FROM fills_priced"
        ).fetchone()
    assert row == ("r", "ABC", "123.45", "1.5", "1.500001")
