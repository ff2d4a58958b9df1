"""A worker's memory is bounded by its symbols, not by how long it runs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.fixtures.house import ROOT

MOST_MB = 400
WORKER = """
import resource
import numpy as np
from services.features.catalogue import STANDARD
from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from shared.streams import TICKS

ROWS, BLOCKS, SYMBOLS, STEP_NS = 65_536, {blocks}, 500, 1_000_000
processor = FeatureProcessor(FeatureSpec(features=STANDARD, interval_ns=5 * 10**9), 0)
draw = np.random.default_rng(1)
zero = {{column.name: np.zeros(ROWS, column.numpy) for column in TICKS.columns}}
start_ns, seen = 1_700_000_000 * 10**9, 0
for number in range(BLOCKS):
    times = start_ns + STEP_NS * (number * ROWS + np.arange(ROWS))
    columns = zero | {{
        "event_time_ns": times,
        "instrument": draw.integers(1, SYMBOLS + 1, ROWS).astype(np.int32),
        "kind": np.ones(ROWS, np.int8),
        "price": 50_000 + draw.integers(-50, 51, ROWS),
        "size": draw.integers(1, 100, ROWS),
    }}
    for block in processor.handle(TICKS.block(columns, watermark_ns=int(times[-1]))):
        seen += len(block) if block.stream.name == "features" else 0
    if number == BLOCKS // 5 or number == BLOCKS - 1:
        with open("/proc/self/statm") as file:
            resident = int(file.read().split()[1]) * resource.getpagesize() / 1e6
        print(ROWS * (number + 1), seen, resident, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
"""


def measured(ticks: int) -> list[list[float]]:
    """Ticks, vectors, memory and most memory so far in MB, after a fifth of the tape and after all of it."""
    blocks = max(ticks // 65_536, 5)
    done = subprocess.run(
        [sys.executable, "-c", WORKER.format(blocks=blocks)],
        capture_output=True, text=True, check=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )  # fmt: skip
    return [[float(number) for number in line.split()] for line in done.stdout.splitlines()]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_five_hundred_symbols_take_the_same_little_memory_over_fifty_million_ticks() -> None:
    early, late = measured(50_000_000)
    print(f"\nticks, vectors, resident MB, most MB: {early} {late}")
    assert late[0] > 49_900_000 and late[1] > 4_000_000
    assert late[3] < MOST_MB
    assert late[2] < early[2] + 10
