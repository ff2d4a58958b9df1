"""Rows into Postgres by binary COPY, and what one commit costs with and without the disk."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import psycopg

from bench.measure import Figure, figure, quantiles
from services.ingest.synthetic import MarketPlan, SyntheticMarket
from services.ingest.synthetic_grid import around_the_clock
from shared.block import Block
from shared.store.contract import RunRow
from shared.store.postgres import PostgresStore
from shared.streams import PREDICTIONS
from tapeline.servers.lent import lent

ROWS = 1_000_000
CHUNK = 50_000
COMMITS = 300
SECOND_NS = 1_000_000_000
DURABLE = {"fsync on": "on"}
BOTH_WAYS = {**DURABLE, "synchronous_commit off": "off"}


def measure(folder: Path) -> list[Figure]:
    """Bars and predictions, then the disk's own commit time."""
    with lent("redis://unused", "", folder) as servers:
        store = PostgresStore(servers.db, folder)
        figures = [_copy(store, _bars(), "bars"), _copy(store, _predictions(), "predictions")]
        store.close()
        return [*figures, *disk_commits(servers.db)]


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


def _copy(store: PostgresStore, block: Block, name: str) -> Figure:
    rates = []
    for turn in range(3):
        run = f"bench-{name}-{turn}"
        store.open_run(RunRow(run=run, mode="strict"))
        started = time.perf_counter()
        for start in range(0, ROWS, CHUNK):
            store.copy_rows(run, block.rows(start, start + CHUNK))
        rates.append(ROWS / (time.perf_counter() - started))
        store.drop_run(run)
    return figure(
        f"COPY of {name}", "rows/s", rates, "≥ 1,000,000", f"{ROWS:,} rows, BRIN, {CHUNK:,} a transaction"
    )


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
