"""Pages from a real Postgres are the pages of the memory store."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from services.api.pages import Row, Wanted, cursor, place
from services.api.queries import PostgresQueries, select
from services.api.resources import BY_NAME, RESOURCES
from services.ledger.config import LedgerConfig
from services.ledger.processor import LedgerProcessor
from shared.failures import Unavailable
from shared.store.contract import RunRow
from shared.store.postgres import PostgresStore
from tests.fixtures.books import CLOSE_NS, INSTRUMENTS, Deal, bars, fills
from tests.fixtures.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]


def traded(url: str, folder: Path) -> None:
    """A run with fills, a bar, and what the ledger makes of them."""
    store = PostgresStore(url, folder)
    store.open_run(RunRow(run="desk", mode="live"))
    ledger = LedgerProcessor(LedgerConfig.of(Decimal(1_000)), INSTRUMENTS, 0)
    for block in (fills([Deal(at, 1, 1, 100, fee=7) for at in range(1, 6)]), bars(CLOSE_NS, {1: 120})):
        store.copy_rows("desk", block)
        for rows in ledger.handle(block):
            store.copy_rows("desk", rows)
    store.close()


@pytest.mark.postgres
def test_every_collection_can_be_read_and_paged(postgres_url: str, tmp_path: Path) -> None:
    traded(postgres_url, tmp_path)

    async def pages() -> dict[str, list[Row]]:
        queries = PostgresQueries(postgres_url, "desk")
        await queries.alive()
        found: dict[str, list[Row]] = {}
        for resource in RESOURCES:
            first = await queries.page(Wanted(resource=resource, limit=2))
            rest: list[Row] = []
            if first:
                after = place(resource, cursor(resource, first[-1]))
                rest = await queries.page(Wanted(resource=resource, after=after))
            found[resource.name] = [*first, *rest]
        await queries.close()
        return found

    found = asyncio.run(pages())

    assert [row["exec_id"] for row in found["fills"]] == [5, 4, 3, 2, 1]
    assert [row["close"] for row in found["bars"]] == [120]
    (position,) = found["positions"]
    assert (position["quantity"], position["value_micro"], position["fees_micro"]) == (5, 6_000_000, 35)
    (nav,) = found["nav"]
    assert nav["nav_micro"] == 1_000_000_000 + 1_000_000 - 35
    assert sum(int(str(row["amount_micro"])) for row in found["postings"]) == 0
    assert sum(int(str(row["amount_micro"])) for row in found["balances"]) == 0


@pytest.mark.postgres
def test_filters_and_spans_narrow_a_page(postgres_url: str, tmp_path: Path) -> None:
    traded(postgres_url, tmp_path)
    wanted = Wanted(resource=BY_NAME["fills"], filters=(("instrument", 1),), since_ns=2, until_ns=4)

    async def page() -> list[Row]:
        queries = PostgresQueries(postgres_url, "desk")
        rows = await queries.page(wanted)
        await queries.close()
        return rows

    assert [row["exec_id"] for row in asyncio.run(page())] == [3, 2]


def test_a_record_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    async def ask() -> None:
        await PostgresQueries(f"postgresql://nobody@/none?host={tmp_path}", "desk").alive()

    with pytest.raises(Unavailable):
        asyncio.run(ask())


def test_no_value_of_a_client_becomes_part_of_the_statement() -> None:
    statement, values = select(
        Wanted(resource=BY_NAME["fills"], filters=(("account", 5),)), "x'; DROP TABLE fills"
    )

    assert "DROP" not in statement.as_string()
    assert values[:2] == ["x'; DROP TABLE fills", 5]
