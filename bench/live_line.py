"""A live line under load: a thousand ticks a second, one-second bars, every commit waiting for the disk."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from bench.usage import Usage, usage
from research.replay.fleet import Fleet, Post, own_program, posts_for
from research.replay.model import replay_model
from services.features.catalogue import STARTER
from services.ingest.config import HistoryPlan, IngestConfig, Pacing
from services.ingest.synthetic.history import write_history
from services.ingest.synthetic.market import MarketPlan, SyntheticMarket
from shared.codec import decode
from shared.engine.bus import Bus, Entry, Key
from shared.engine.plan import RunPlan, partitions_for
from shared.engine.redis_bus import open_epoch
from shared.settings import Engine
from shared.store.contract import RunRow
from shared.store.postgres import PostgresStore
from tapeline.servers.lent import Addresses, lent

SECOND_NS: Final = 1_000_000_000
SYMBOLS: Final = 50
TICKS_PER_S: Final = 20.0
PAST: Final = 600
"""Bars before the first close: every vector is warm, so that every close is a whole decision."""
PATIENCE_S: Final = 240.0
LOOK_EVERY_S: Final = 0.1
"""How often the watcher looks: one that waited for every block would take a core from those it watches."""
RUN: Final = "bench-latency"
TICKS: Final = Key("ticks", 0)
SAID: Final = tuple(Key(stream, 0) for stream in ("bars", "predictions", "orders"))


@dataclass
class Close:
    """One close: when the tick block that ended it was received, and when each stream spoke of it."""

    time_ns: int
    received_ns: int = 0
    orders: int = 0
    said_ns: dict[str, int] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether every stream has spoken of it."""
        return len(self.said_ns) == 1 + len(SAID)


@dataclass(frozen=True)
class Line:
    """A line that runs."""

    servers: Addresses
    bus: Bus
    fleet: Fleet

    def usage(self) -> dict[str, Usage]:
        """What every process of it has taken so far."""
        return usage(self.fleet.pids())


@contextmanager
def live_line(
    folder: Path, surroundings: dict[str, str], program: Callable[[Post], Sequence[str]] = own_program
) -> Iterator[Line]:
    """Servers, a run, and the services of a desk; all of it is gone afterwards."""
    with lent("", "", folder) as servers:
        store = PostgresStore(servers.db, folder)
        row = store.open_run(RunRow(run=RUN, mode="live", settings=_plan(folder).text()))
        store.save_instruments(RUN, SyntheticMarket(MarketPlan(symbols=SYMBOLS)).instruments)
        environment = _environment(servers, folder) | surroundings
        fleet = Fleet(posts_for(1, 1), environment, folder / "logs", program)
        bus = open_epoch(servers.bus, RUN, row.bus_epoch, lambda seen: store.bump_bus_epoch(RUN, seen))
        try:
            fleet.start()
            yield Line(servers, bus, fleet)
        finally:
            fleet.stop()
            bus.close()
            store.close()


def watch(line: Line, warm: int, closes: int, warmed: Callable[[], None]) -> list[Close]:
    """The closes that were decided after some that do not count."""
    found: dict[int, Close] = {}
    last = dict.fromkeys((TICKS, *SAID), 0)
    give_up, counting = time.monotonic() + PATIENCE_S, False
    while len(done := [one for one in found.values() if one.is_whole]) < warm + closes:
        if len(done) >= warm and not counting:
            counting = True
            warmed()
        line.fleet.tend()
        if time.monotonic() > give_up:
            raise RuntimeError(f"only {len(done)} closes were decided; see the logs of the bench")
        time.sleep(LOOK_EVERY_S)
        for key, entries in line.bus.read(last, 0).items():
            last[key] = entries[-1].seq
            for entry in entries:
                _learn(found, key, entry)
    return sorted(done, key=lambda one: one.time_ns)[warm:]


def _learn(found: dict[int, Close], key: Key, entry: Entry) -> None:
    block = decode(entry.payload)
    if key == TICKS:
        close = found.setdefault(_last_close(block.watermark_ns), Close(_last_close(block.watermark_ns)))
        close.received_ns = close.received_ns or int(block["received_ns"].max(initial=0)) or entry.stamp_ns
        close.said_ns.setdefault(key.stream, entry.stamp_ns)
        return
    times = block["event_time_ns"]
    time_ns = block.watermark_ns if key.stream == "orders" else int(times[-1]) if len(times) else 0
    close = found.setdefault(time_ns, Close(time_ns))
    close.said_ns.setdefault(key.stream, entry.stamp_ns)
    close.orders += len(block) if key.stream == "orders" else 0


def _last_close(watermark_ns: int) -> int:
    """The newest close that this promise has passed."""
    return (watermark_ns + 1) // SECOND_NS * SECOND_NS


def _plan(folder: Path) -> RunPlan:
    market = MarketPlan(symbols=SYMBOLS, ticks_per_s=TICKS_PER_S, interval_ns=SECOND_NS)
    history = HistoryPlan(daily_bars=0, minute_bars=0, base_bars=PAST)
    source = IngestConfig(market=market, history=history, pacing=Pacing())
    write_history(source, folder / "past")
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
        grace_ns=Engine().grace_ms * 1_000_000,
        warm=str(folder / "past" / "base"),
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
