"""`python -m bench.feature_memory`: what a features worker of 500 symbols takes, and whether it grows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from services.features.catalogue import STANDARD
from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from shared.block import Block
from shared.streams import TICKS
from shared.time import SECOND_NS

SYMBOLS: Final = 500
BLOCK: Final = 1_024
LAP: Final = 100 * BLOCK
LAPS: Final = 500
FIRST_LAPS: Final = 100
"""After these every instrument is warm and every buffer has its size."""
START_NS: Final = 1_700_000_000 * SECOND_NS
STEP_NS: Final = SECOND_NS // 1_000


def laps() -> Iterator[list[Block]]:
    """A hundred blocks of trades at a time, a thousand trades a second, and on for ever."""
    draw = np.random.default_rng(3)
    moves, level = np.cumsum(draw.integers(-1, 2, LAP)), 50_000
    columns = {
        **{column.name: np.zeros(LAP, column.numpy) for column in TICKS.columns},
        "instrument": draw.integers(1, SYMBOLS + 1, LAP),
        "kind": np.ones(LAP, np.int8),
        "size": draw.integers(1, 100, LAP),
    }
    time_ns = START_NS
    while True:
        columns["event_time_ns"] = time_ns + np.arange(LAP) * STEP_NS
        columns["price"] = level + moves
        lap = TICKS.block(columns, watermark_ns=0)
        times = lap["event_time_ns"]
        yield [lap.rows(i, i + BLOCK).until(int(times[i + BLOCK - 1])) for i in range(0, LAP, BLOCK)]
        time_ns += LAP * STEP_NS
        level = max(20_000, min(80_000, level + int(moves[-1])))


def proportional_mb() -> float:
    """What this process takes, shared pages by their share."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1_024


def main() -> int:
    """Prints the megabytes after a few laps, and after all of them."""
    spec = FeatureSpec(features=STANDARD, interval_ns=60 * SECOND_NS)
    processor, source = FeatureProcessor(spec, 0), laps()
    for count in (FIRST_LAPS, LAPS - FIRST_LAPS):
        for lap in islice(source, count):
            for block in lap:
                for _ in processor.handle(block):
                    pass
        print(proportional_mb())
    return 0


if __name__ == "__main__":
    sys.exit(main())
