"""NautilusTrader's indicators on a file of prices, run by a Python that has it: it wants another pandas.

`python nautilus_indicators.py prices.npy symbols` reads rows of symbol, high, low, close and volume in their
order and prints one JSON object: the version, and the seconds that each run took.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from typing import Any

import numpy as np

RUNS = 4
"""The first does not count."""
START_NS = 1_700_000_000 * 10**9


def made(symbols: int) -> list[tuple[list[Any], list[Any], Any]]:
    """Seven of the eight for every symbol, as written in Rust: it has no deviation of returns."""
    found: Any = importlib.import_module("nautilus_trader.core.nautilus_pyo3")
    return [
        (
            [
                found.SimpleMovingAverage(20).update_raw,
                found.ExponentialMovingAverage(20).update_raw,
                found.RelativeStrengthIndex(14).update_raw,
                found.MovingAverageConvergenceDivergence(12, 26).update_raw,
            ],
            [found.AverageTrueRange(14).update_raw, found.BollingerBands(20, 2.0).update_raw],
            found.VolumeWeightedAveragePrice().update_raw,
        )
        for _ in range(symbols)
    ]


def seconds(ticks: list[tuple[int, float, float, float, float]], symbols: int) -> float:
    """One tick at a time through fresh indicators."""
    kept = made(symbols)
    started = time.perf_counter()
    for symbol, high, low, close, volume in ticks:
        of_close, of_range, of_volume = kept[symbol]
        for update in of_close:
            update(close)
        for update in of_range:
            update(high, low, close)
        of_volume(close, volume, START_NS)
    return time.perf_counter() - started


def main(path: str, symbols: int) -> None:
    """Measures and prints."""
    ticks = [(int(row[0]), *row[1:]) for row in np.load(path).tolist()]
    version = importlib.import_module("nautilus_trader").__version__
    taken = [seconds(ticks, symbols) for _ in range(RUNS)][1:]
    print(json.dumps({"version": version, "ticks": len(ticks), "seconds": taken}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
