"""Indicators: one tick at a time and in blocks, every tick a closed bar, with other libraries beside us."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from bench import nautilus
from bench.feature_memory import FIRST_LAPS, LAP, LAPS
from bench.feature_peers import PEERS, Prices
from bench.measure import Figure, left_out, rate
from services.features import vector_kernels
from services.features.arena import arena_of
from services.features.catalogue import STANDARD
from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from shared import kernels
from shared.block import Block
from shared.streams import BARS, TICKS
from shared.time import SECOND_NS

SYMBOLS: Final = 500
SWEEPS: Final = 400
BLOCK: Final = 1_024
EIGHT: Final = (
    "sma_20", "ema_20", "rsi_14", "atr_14.level", "macd_12_26_9.line", "bollinger_20_2.upper",
    "volatility_20", "vwap.level",
)  # fmt: skip
"""The indicators that every library here has, or nearly."""
START_NS: Final = 1_700_000_000 * SECOND_NS


def measure(folder: Path) -> list[Figure]:
    """Our kernel and processor, then each peer on the same prices."""
    prices = walk()
    bars, about = bars_of(prices), f"8 indicators, {SYMBOLS} symbols"
    return [
        one_by_one(bars, about),
        in_blocks(bars, EIGHT, f"processor, blocks of {BLOCK:,} closed bars, {about}", "≥ 10,000,000"),
        in_blocks(bars, STANDARD, f"processor, blocks of {BLOCK:,}, {len(STANDARD)} features", "≥ 1,500,000"),
        of_ticks(BLOCK, 400_000, "≥ 10,000,000"),
        of_ticks(1, 40_000, "≥ 60,000"),
        *memory(),
        *(peer(prices, name, make) for name, make in PEERS.items()),
        nautilus.indicators(prices, folder),
    ]


def memory() -> list[Figure]:
    """A process of its own that takes fifty million ticks; it must not grow on the way."""
    command = [sys.executable, "-m", "bench.feature_memory"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    after = FIRST_LAPS * LAP, LAPS * LAP
    name = f"{len(STANDARD)} features of {SYMBOLS} symbols, proportional memory"
    return [
        Figure(
            name=f"{name}, after {rows / 1e6:.0f} million ticks", value=float(mb), unit="MB", wanted="≤ 400"
        )
        for rows, mb in zip(after, told, strict=True)
    ]


def walk() -> Prices:
    """A random walk of every symbol: high, low, close and volume, a row a sweep."""
    draw = np.random.default_rng(1)
    close = 50_000 + np.cumsum(draw.integers(-40, 41, (SWEEPS, SYMBOLS)), axis=0)
    high, low = (close + sign * draw.integers(0, 30, close.shape) for sign in (1, -1))
    return Prices(high, low, close, draw.integers(1, 1_000, close.shape))


def bars_of(prices: Prices) -> Block:
    """The walk as closed bars, every symbol once a second."""
    rows = prices.close.size
    times = START_NS + SECOND_NS * np.repeat(np.arange(1, SWEEPS + 1), SYMBOLS)
    close = prices.close.ravel()
    columns: dict[str, npt.NDArray[np.float64] | npt.NDArray[np.int64]] = {
        **{name: np.zeros(rows, np.int64) for name in BARS.names},
        "event_time_ns": times,
        "instrument": np.tile(np.arange(1, SYMBOLS + 1), SWEEPS),
        "interval_ns": np.full(rows, SECOND_NS),
        "open": close,
        "high": prices.high.ravel(),
        "low": prices.low.ravel(),
        "close": close,
        "volume": prices.volume.ravel(),
        "vwap": close.astype(np.float64),
    }
    return BARS.block(columns, watermark_ns=int(times[-1]))


def one_by_one(bars: Block, about: str) -> Figure:
    """The kernel called once a tick, as a loop in Python would."""
    spec = FeatureSpec(features=EIGHT, interval_ns=SECOND_NS)
    processor = FeatureProcessor(spec, 0)
    processor.learn(bars)
    take_closed = kernels.entry(*vector_kernels.KERNELS[0])
    rows = np.zeros(len(bars), BARS.dtype)
    for name in BARS.names:
        rows[name] = bars[name]
    ticks = [rows[i : i + 1] for i in range(50_000)]
    vector = np.empty((1, len(EIGHT)))
    arena = arena_of(processor._state, processor._ops)

    def run() -> None:
        for tick in ticks:
            take_closed(tick, arena, vector)

    return rate(f"kernel called once a tick, {about}", "ticks/s", len(ticks), run, wanted="≥ 2,000,000")


def in_blocks(bars: Block, features: tuple[str, ...], name: str, wanted: str) -> Figure:
    """The processor, every tick a closed bar."""
    spec = FeatureSpec(features=features, interval_ns=SECOND_NS)
    blocks = [bars.rows(i, i + BLOCK) for i in range(0, len(bars), BLOCK)]

    def run() -> None:
        processor = FeatureProcessor(spec, 0)
        for block in blocks:
            processor.learn(block)

    return rate(name, "ticks/s", len(bars), run, wanted=wanted)


def of_ticks(block_rows: int, rows: int, wanted: str) -> Figure:
    """The processor as the line drives it: trades into one-minute bars and their vectors."""
    spec = FeatureSpec(features=EIGHT, interval_ns=60 * SECOND_NS)
    draw = np.random.default_rng(2)
    columns = {
        **{column.name: np.zeros(rows, column.numpy) for column in TICKS.columns},
        "event_time_ns": START_NS + np.arange(rows) * (SECOND_NS // 1_000),
        "instrument": draw.integers(1, SYMBOLS + 1, rows),
        "kind": np.ones(rows, np.int8),
        "price": 50_000 + np.cumsum(draw.integers(-1, 2, rows)),
        "size": draw.integers(1, 100, rows),
    }
    tape = TICKS.block(columns, watermark_ns=int(columns["event_time_ns"][-1]))
    times = tape["event_time_ns"]
    blocks = [
        tape.rows(i, i + block_rows).until(int(times[min(i + block_rows, rows) - 1]) - 1)
        for i in range(0, rows, block_rows)
    ]

    def run() -> None:
        processor = FeatureProcessor(spec, 0)
        for block in blocks:
            for _ in processor.handle(block):
                pass

    name = f"processor, {SYMBOLS} symbols, one-minute bars, blocks of {block_rows:,} tick"
    return rate(name + "s" * (block_rows > 1), "ticks/s", rows, run, wanted=wanted)


def peer(
    prices: Prices, name: str, make: Callable[[Prices], tuple[int, Callable[[], object]] | None]
) -> Figure:
    """Another library on the same prices, as many ticks as it can do in a moment."""
    made = make(prices)
    if made is None:
        return left_out(f"peer: {name}", "ticks/s", "not installed")
    ticks, work = made
    return rate(f"peer: {name}", "ticks/s", ticks, work, runs=3)
