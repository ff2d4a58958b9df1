"""The whole line on a recorded tape, in process and on Redis."""

from __future__ import annotations

import secrets
from pathlib import Path

from bench.measure import Figure, figure
from research.replay.options import ReplayOptions
from research.replay.result import ReplayResult
from research.replay.run import replay
from services.ingest.synthetic.market import MarketPlan
from services.ingest.tape import synthetic_tape, write_tape
from tapeline.servers.lent import Addresses, lent

TICKS = 1_000_000
SYMBOLS = 20
TICKS_PER_S = 10.0
BLOCK = 4_096
CASES = ((60.0, 1), (60.0, 3), (1.0, 1), (1.0, 3))
"""Seconds a bar, and accounts: each is a loop of its own through four processes at every close."""
WANTED = {
    ("inprocess", 60.0): "≥ 3,000,000",
    ("inprocess", 1.0): "≥ 1,000,000",
    ("redis", 60.0): "≥ 250,000",
    ("redis", 1.0): "≥ 40,000",
}


def measure(folder: Path) -> list[Figure]:
    """One-minute and one-second bars on both engines, which must give one digest a case."""
    tape = folder / "tape"
    if not tape.exists():
        made = synthetic_tape(MarketPlan(seed=5, symbols=SYMBOLS, ticks_per_s=TICKS_PER_S), TICKS)
        write_tape(tape, made.ticks, made.instruments)
    with lent("", "", folder) as servers:
        return [found for case in CASES for found in _both(tape, folder, servers, case)]


def _both(tape: Path, folder: Path, servers: Addresses, case: tuple[float, int]) -> list[Figure]:
    bar_s, accounts = case
    base = ReplayOptions(tape=tape, data=folder, bar_s=bar_s, accounts=accounts, block=0)
    replay(base)
    here = [replay(base) for _ in range(3)]
    there = [
        replay(
            ReplayOptions(
                tape=tape,
                data=folder,
                bar_s=bar_s,
                accounts=accounts,
                block=BLOCK,
                engine="redis",
                bus=servers.bus,
                db=servers.db,
                run=f"bench-{secrets.token_hex(4)}",
            )
        )
        for _ in range(2)
    ]
    digests = {result.ledger_sha256 for result in (*here, *there)}
    if len(digests) != 1:
        raise RuntimeError(f"one tape gave {len(digests)} ledgers: {sorted(digests)}")
    return [_figure("inprocess", case, here), _figure("redis", case, there)]


def _figure(engine: str, case: tuple[float, int], results: list[ReplayResult]) -> Figure:
    bar_s, accounts = case
    one = results[0]
    where = "in process" if engine == "inprocess" else "on Redis, one worker a stage"
    about = f"{one.ticks:,} ticks, {SYMBOLS} symbols, {one.orders:,} orders, {one.fills:,} fills"
    name = f"replay {where}, {bar_s:g} s bars, {accounts} account{'s' if accounts > 1 else ''}"
    return figure(name, "ticks/s", [r.ticks_per_s for r in results], WANTED[engine, bar_s], about)
