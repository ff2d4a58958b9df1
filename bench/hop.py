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
from shared.engine.redis_bus import RedisBus, open_epoch
from shared.engine.stage import letter
from shared.store.contract import Letter
from tapeline.servers.lent import lent

KEY = Key("ticks", 0)
HOPS = 2_000
BLOCKS = 2_000
ROWS = 1_024


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
    time.sleep(1.0)
    for made in _letters(1, HOPS):
        bus.publish([made], time.time_ns())
        time.sleep(0.001)
    said, _ = reader.communicate(timeout=60)
    return quantiles("one Redis hop, one tick", [float(line) for line in said.split()])


def _throughput(url: str) -> Figure:
    """Published and read by two processes at once, from the first publication to the last read."""
    bus = _bus(url, "flow")
    letters = _letters(ROWS, BLOCKS)
    rates = []
    started = time.perf_counter()
    for start in range(0, BLOCKS, 16):
        bus.publish(letters[start : start + 16])
    published = time.perf_counter() - started
    rates.append(ROWS * BLOCKS / published)
    last, started = 0, time.perf_counter()
    while last < number(1, BLOCKS):
        last = bus.read({KEY: last}, 0.1)[KEY][-1].seq
    took = time.perf_counter() - started
    both = ROWS * BLOCKS / max(published, took)
    return figure(
        "one Redis hop, blocks of 1,024", "ticks/s", [both], "≥ 5,000,000", "the slower of publish and read"
    )
