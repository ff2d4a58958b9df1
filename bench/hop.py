"""One hop over Redis: published by one process, read by another, with the time of both."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from bench.measure import Figure, figure, quantiles
from services.ingest.synthetic.market import MarketPlan
from services.ingest.tape import synthetic_tape
from shared.codec import encode
from shared.engine.bus import Key, number
from shared.engine.redis_bus import RedisBus, open_epoch, wipe
from shared.engine.stage import letter
from shared.store.contract import Letter
from tapeline.servers.lent import lent

KEY = Key("ticks", 0)
HOPS = 2_000
BLOCKS = 1_000
ROUNDS = 5
ROWS = 1_024
READY = "ready"


def measure(folder: Path) -> list[Figure]:
    """Latency of single ticks, then ticks a second in blocks of 1,024."""
    with lent("", "", folder) as servers:
        return [*_latency(servers.bus), _throughput(servers.bus)]


def _bus(url: str, run: str) -> RedisBus:
    bus = open_epoch(url, run, 0, lambda seen: seen + 1)
    bus.ensure([KEY])
    return bus


def _letters(rows: int, count: int) -> list[Letter]:
    block = synthetic_tape(MarketPlan(symbols=20), rows).ticks
    encode(block)
    return [
        letter(block, "bench", number(1, n), number(1, n - 1) if n > 1 else 0) for n in range(1, count + 1)
    ]


def _latency(url: str) -> list[Figure]:
    """The reader is a process of its own; both read the same machine's clock."""
    bus = _bus(url, "hop")
    reader = subprocess.Popen(
        [sys.executable, "-m", "bench.hop_reader", url, str(HOPS)], stdout=subprocess.PIPE, text=True
    )
    if reader.stdout is None or reader.stdout.readline().strip() != READY:
        raise RuntimeError("the reader of the hop did not start")
    for made in _letters(1, HOPS):
        bus.publish([made], time.time_ns())
        time.sleep(0.001)
    said, _ = reader.communicate(timeout=60)
    return quantiles("one Redis hop, one tick", [float(line) for line in said.split()])


def _throughput(url: str) -> Figure:
    """Published, then read, several times over: the memory of the first time is used again, as in a line."""
    letters = _letters(ROWS, BLOCKS)
    rates = []
    for _ in range(ROUNDS):
        bus = _bus(url, "flow")
        started = time.perf_counter()
        for start in range(0, BLOCKS, 16):
            bus.publish(letters[start : start + 16])
        published, last, started = time.perf_counter() - started, 0, time.perf_counter()
        while last < number(1, BLOCKS):
            last = bus.read({KEY: last}, 0.1)[KEY][-1].seq
        rates.append(ROWS * BLOCKS / max(published, time.perf_counter() - started))
        bus.close()
        wipe(url, "flow")
    about = f"the slower of publish and read, {ROUNDS} times {BLOCKS:,} blocks"
    return figure("one Redis hop, blocks of 1,024", "ticks/s", rates, "≥ 5,000,000", about)
