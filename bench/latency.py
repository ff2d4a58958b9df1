"""Tick to order in a live line: from receipt at ingest to the COMMIT of the decision, across processes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec

from bench.measure import Figure, quantiles
from research.fleet import Fleet, posts_for
from research.replay_model import replay_model
from services.features.catalogue import STARTER
from services.ingest.config import HistoryPlan, IngestConfig, Pacing
from services.ingest.synthetic import MarketPlan, SyntheticMarket
from shared.codec import decode
from shared.engine.bus import Key
from shared.engine.plan import RunPlan, partitions_for
from shared.engine.redis_bus import open_epoch
from shared.store.contract import RunRow
from shared.store.postgres import PostgresStore
from tapeline.servers.lent import Addresses, lent

SECOND_NS = 1_000_000_000
SYMBOLS = 50
TICKS_PER_S = 20.0
CLOSES = 60
WARM_CLOSES = 20
PATIENCE_S = 240.0
RUN = "bench-latency"
TICKS, ORDERS = Key("ticks", 0), Key("orders", 0)


def measure(folder: Path) -> list[Figure]:
    """A thousand ticks a second, one-second bars, every commit waiting for the disk."""
    with lent("", "", folder) as servers:
        plan = _plan(folder)
        store = PostgresStore(servers.db, folder)
        store.open_run(RunRow(run=RUN, mode="live", settings=plan.text()))
        store.save_instruments(RUN, SyntheticMarket(MarketPlan(symbols=SYMBOLS)).instruments)
        fleet = Fleet(posts_for(1, 1), _environment(servers, folder), folder / "logs")
        try:
            fleet.start()
            return quantiles("tick → order", _watch(servers, store, fleet), ("≤ 3", "≤ 12"))
        finally:
            fleet.stop()
            store.close()


def _plan(folder: Path) -> RunPlan:
    market = MarketPlan(symbols=SYMBOLS, ticks_per_s=TICKS_PER_S, interval_ns=SECOND_NS)
    source = IngestConfig(market=market, history=HistoryPlan(base_bars=0), pacing=Pacing())
    model, manifest = replay_model(folder, SECOND_NS, STARTER)
    threshold = manifest.thresholds["entry"]
    limits = {"entry_threshold": threshold, "exit_threshold": threshold, "max_order_notional": "10000"}
    return RunPlan(
        mode="live",
        interval_ns=SECOND_NS,
        accounts=(0,),
        source={"kind": "synthetic", **msgspec.to_builtins(source)},
        model=str(model),
        risk={"0": limits},
        venue={},
        cash={"0": "1000000"},
        partitions=partitions_for(SYMBOLS, 1),
    )


def _environment(servers: Addresses, folder: Path) -> dict[str, str]:
    one_thread = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
    return {
        **os.environ,
        **one_thread,
        "TAPELINE_RUN": RUN,
        "TAPELINE_BUS": servers.bus,
        "TAPELINE_DB": servers.db,
        "TAPELINE_DATA": str(folder),
        "TAPELINE_HEALTH_PORT": "0",
    }


def _watch(servers: Addresses, store: PostgresStore, fleet: Fleet) -> list[float]:
    """Seconds from the tick block that ended a bar to the orders block published after its commit."""
    row = store.open_run(RunRow(run=RUN, mode="live"))
    bus = open_epoch(servers.bus, RUN, row.bus_epoch, lambda seen: store.bump_bus_epoch(RUN, seen))
    ended: dict[int, int] = {}
    taken: dict[int, float] = {}
    last = {TICKS: 0, ORDERS: 0}
    give_up = time.monotonic() + PATIENCE_S
    while len(taken) < WARM_CLOSES + CLOSES:
        fleet.tend()
        if time.monotonic() > give_up:
            raise RuntimeError(f"only {len(taken)} closes were decided; see the logs of the bench")
        for key, entries in bus.read(last, 0.2).items():
            last[key] = entries[-1].seq
            for entry in entries:
                block = decode(entry.payload)
                if key == TICKS:
                    close = (block.watermark_ns + 1) // SECOND_NS * SECOND_NS
                    received = int(block["received_ns"].max(initial=0)) or entry.stamp_ns
                    ended.setdefault(close, received)
                elif block.watermark_ns in ended:
                    taken.setdefault(block.watermark_ns, (entry.stamp_ns - ended[block.watermark_ns]) / 1e9)
    bus.close()
    return [taken[close] for close in sorted(taken)][WARM_CLOSES:]
