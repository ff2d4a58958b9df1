"""The synthetic market's past: days, then minutes, then base bars, each going on where the other ended.

The law is the same for a bar of any length; prices, volatility and regime pass from one stretch to the next
and at last to the live ticks, so that nothing jumps where they meet.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from services.ingest.config import IngestConfig
from services.ingest.synthetic.facts import known_at
from services.ingest.synthetic.grid import Grid, around_the_clock
from services.ingest.synthetic.market import SyntheticMarket, stretches
from shared.block import Block
from shared.lake.parquet import write_block
from shared.streams import BARS
from shared.time import DAY_NS


class Stretch(NamedTuple):
    """One part of the past: the name of its folder, and its bars."""

    name: str
    grid: Grid


def past(config: IngestConfig) -> list[Stretch]:
    """The stretches of history in their order; the last one ends where the live ticks start."""
    plan, base = config.history, config.market.interval_ns
    minutes_end = config.start_ns - plan.base_bars * base
    days_end = minutes_end - plan.minute_bars * plan.minute_ns
    return [
        Stretch("daily", around_the_clock(days_end - plan.daily_bars * DAY_NS, DAY_NS, plan.daily_bars)),
        Stretch("minute", around_the_clock(days_end, plan.minute_ns, plan.minute_bars)),
        Stretch("base", around_the_clock(minutes_end, base, plan.base_bars)),
    ]


def history(config: IngestConfig) -> Iterator[tuple[str, Block]]:
    """All bars and facts of the past, a block at a time, with the name of their stretch."""
    market = SyntheticMarket(config.market)
    for name, grid in past(config):
        if len(grid):
            begin_ns = int(grid.closes[0]) - grid.interval_ns
            yield name, known_at(config.market.seed, market.instruments, begin_ns)
        for bars, facts in stretches(market, grid):
            yield from ((name, bars), (name, facts))


def market_at_start(config: IngestConfig) -> SyntheticMarket:
    """The market at the moment its clock starts, with all of its past behind it."""
    market = SyntheticMarket(config.market)
    for _, grid in past(config):
        for _ in stretches(market, grid):
            pass
    return market


def write_history(config: IngestConfig, lake: Path) -> dict[str, int]:
    """Writes the past to `<lake>/<stretch>`, bars and facts; says how many bars each stretch has."""
    counts: dict[str, int] = {}
    for number, (name, block) in enumerate(history(config)):
        write_block(lake / name, block, number)
        if block.stream is BARS:
            counts[name] = counts.get(name, 0) + len(block)
    return counts
