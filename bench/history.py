"""Making the past of a synthetic market."""

from __future__ import annotations

from pathlib import Path

from bench.measure import Figure, rate
from services.ingest.synthetic.grid import around_the_clock
from services.ingest.synthetic.market import MarketPlan, SyntheticMarket, stretches

MINUTE_NS = 60_000_000_000
BARS = 100_000
SYMBOLS = 50


def measure(folder: Path) -> list[Figure]:
    """Minute bars of fifty instruments."""

    def make() -> int:
        market = SyntheticMarket(MarketPlan(symbols=SYMBOLS, interval_ns=MINUTE_NS))
        return sum(len(block) for block in stretches(market, around_the_clock(0, MINUTE_NS, BARS)))

    return [rate("history generation", "bars/s", BARS * SYMBOLS, make, runs=3, wanted="≥ 10,000,000")]
