"""Rows into Postgres by binary COPY, and what one commit costs with and without the disk."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psycopg

from bench.measure import Figure, figure, quantiles
from services.ingest.synthetic.grid import around_the_clock
from services.ingest.synthetic.market import MarketPlan, SyntheticMarket
from shared.block import Block
from shared.store.contract import RunRow
from shared.store.postgres import PostgresStore
from shared.streams import PREDICTIONS
from tapeline.servers.lent import Addresses, lent

ROWS = 1_000_000
CHUNK = 50_000
COMMITS = 300
RUN = "bench"
SECOND_NS = 1_000_000_000
DURABLE = {"fsync on": "on"}
BOTH_WAYS = {**DURABLE, "synchronous_commit off": "off"}


def measure(folder: Path) -> list[Figure]:
    """Bars and predictions, then the disk's own commit time."""
    with lent("redis://unused", "", folder) as servers:
        copies = [_copies(servers, folder, block, block.stream.name) for block in (_bars(), _predictions())]
        return [*copies[0], *copies[1], *disk_commits(servers.db)]


def _bars() -> Block:
    market = SyntheticMarket(MarketPlan(symbols=50, interval_ns=SECOND_NS))
    return market.bars(around_the_clock(0, SECOND_NS, ROWS // 50))


def _predictions() -> Block:
    columns = {
        "event_time_ns": np.arange(ROWS) // 50 * SECOND_NS,
        "instrument": np.arange(ROWS) % 50,
        "model": np.ones(ROWS),
        "horizon_ns": np.full(ROWS, SECOND_NS),
        "flags": np.zeros(ROWS),
        "probabilities": np.full((ROWS, 3), 1 / 3),
    }
    return PREDICTIONS.block(columns, watermark_ns=ROWS * SECOND_NS)


def _copies(servers: Addresses, folder: Path, block: Block, name: str) -> list[Figure]:
    """One connection and two, as many as the stages that write at once."""
    return [
        _copy(servers, folder, block, (f"COPY of {name}, one writer", 1, "")),
        _copy(servers, folder, block, (f"COPY of {name}, two writers", 2, "≥ 1,000,000")),
    ]


def _copy(servers: Addresses, folder: Path, block: Block, case: tuple[str, int, str]) -> Figure:
    name, writers, wanted = case
    stores = [PostgresStore(servers.db, folder) for _ in range(writers)]
    stores[0].open_run(RunRow(run=RUN, mode="strict"))
    shares = [range(place * CHUNK, ROWS, writers * CHUNK) for place in range(writers)]
    rates = []
    for _ in range(3):
        started = time.perf_counter()
        with ThreadPoolExecutor(writers) as pool:
            list(pool.map(lambda store, starts: _write(store, block, starts), stores, shares))
        rates.append(ROWS / (time.perf_counter() - started))
        _check_and_empty(servers.db, block.stream.name)
    for store in stores:
        store.close()
    return figure(name, "rows/s", rates, wanted, f"{ROWS:,} rows, BRIN, {CHUNK:,} a transaction")


def _write(store: PostgresStore, block: Block, starts: range) -> None:
    for start in starts:
        store.copy_rows(RUN, block.rows(start, start + CHUNK))


def _check_and_empty(url: str, table: str) -> None:
    """Every row is there; the next turn starts with an empty table."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(f'SELECT count(*) FROM "{table}"'.encode()).fetchone()
        if found != (ROWS,):
            raise RuntimeError(f"{table} holds {found}, wanted {ROWS:,} rows")
        connection.execute(f'TRUNCATE "{table}"'.encode())


def disk_commits(url: str, settings: Mapping[str, str] = BOTH_WAYS) -> list[Figure]:
    """One row and a COMMIT: the disk's part in everything that must be durable."""
    figures = []
    for name, setting in settings.items():
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"SET synchronous_commit = {setting}".encode())
            connection.execute("CREATE TABLE IF NOT EXISTS bench_commit (n bigint)")
            taken = []
            for n in range(COMMITS):
                started = time.perf_counter()
                connection.execute("INSERT INTO bench_commit VALUES (%s)", (n,))
                taken.append(time.perf_counter() - started)
            connection.execute("DROP TABLE bench_commit")
        figures += quantiles(f"the disk's own commit, {name}", taken)
    return figures
