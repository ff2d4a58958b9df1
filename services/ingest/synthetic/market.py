"""A market that never existed: seeded, restartable, and predictable exactly as far as it says.

The oracle: let z be an instrument's standardised signed-volume imbalance in one base bar (signed volume over
volume, divided by its standard deviation). The instrument's own return in the next base bar, in units of its
volatility at that moment, is `planted_ic` · z + √(1 − planted_ic²) · noise. So z's true information
coefficient is `planted_ic`, 0.05 unless asked otherwise; nothing else about own returns can be known before.
The market factor drifts by a fifth of its daily standard deviation a day while the trend regime lasts, which
is 0.002 of a five-second bar's.

What anyone can trade is the whole return, of which the own part is about four fifths: a perfect model's
correlation with it, instrument by instrument, is therefore about 0.04 and never more than what was planted.
Prices move in hundredths of a cent, so that rounding them to ticks foretells nothing: at a cent, a cheap
instrument moves a third of a tick a bar, and the bounce of rounded closes alone has a coefficient of 0.07.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from statistics import NormalDist
from typing import Annotated, Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from services.ingest.synthetic.facts import beginning_levels, facts_of
from services.ingest.synthetic.grid import Grid
from services.ingest.synthetic.law_kernels import (
    CLIMATE,
    IMBALANCE_SIGMA,
    INSTRUMENT,
    make_bars,
    make_indices,
)
from shared.block import Block
from shared.market import SECTORS, Instrument, Instruments
from shared.streams import BARS
from shared.time import SECOND_NS

Array = npt.NDArray[Any]

LAW: Final = 3
"""The version of the law: what was made under another one belongs to another market."""
PLANTED_IC: Final = 0.05
TICK: Final = Decimal("0.0001")
TICKS_A_DOLLAR: Final = 10_000
TURNOVER: Final = 2e9
"""Dollars that a usual instrument trades in a day."""
NORMALS: Final = 4096
CROWD_SIGMA: Final = 0.35


class MarketPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that the synthetic market depends on: equal plans make equal markets."""

    seed: int = 7
    symbols: Annotated[int, Meta(ge=1, le=5000)] = 50
    planted_ic: Annotated[float, Meta(ge=-0.5, le=0.5)] = PLANTED_IC
    ticks_per_s: Annotated[float, Meta(gt=0.0, le=10_000.0)] = 10.0
    interval_ns: Annotated[int, Meta(gt=0)] = 5 * SECOND_NS


class Truth(NamedTuple):
    """What only the maker of the market knows, a row a bar and a column an instrument."""

    signal: Array
    surprise: Array


class SyntheticMarket:
    """All instruments at one moment; making bars moves it on."""

    def __init__(self, plan: MarketPlan) -> None:
        self.plan = plan
        self.instruments = instruments_of(plan)
        self.climate, self.state = _beginning(plan, self.instruments)
        self.levels = beginning_levels()

    def copy(self) -> SyntheticMarket:
        """A twin at the same moment."""
        twin = SyntheticMarket(self.plan)
        twin.climate[:], twin.state[:], twin.levels[:] = self.climate, self.state, self.levels
        return twin

    def bars(self, grid: Grid) -> Block:
        """The next bars of every instrument, sorted by close and instrument."""
        return self.bars_and_facts(grid)[0]

    def bars_and_facts(self, grid: Grid) -> tuple[Block, Block]:
        """The next bars, and what is told meanwhile of the market, its sectors and companies."""
        told = facts_of(self.plan.seed, self.instruments, grid, self._indices(grid))
        return self._make(grid, np.empty(0), np.empty(0)), told

    def bars_and_truth(self, grid: Grid) -> tuple[Block, Truth]:
        """The same bars with the numbers that their planted predictability is made of."""
        shape = (len(grid), len(self.state))
        truth = Truth(np.empty(shape), np.empty(shape))
        self._indices(grid)
        return self._make(grid, truth.signal.ravel(), truth.surprise.ravel()), truth

    def _indices(self, grid: Grid) -> Array:
        """The indices at each close, by the same weather and factors as the bars that come next."""
        told = np.empty((len(grid), len(self.levels) + 1))
        closes = grid.closes, grid.scale, grid.gap
        with np.errstate(over="ignore"):
            make_indices(
                self.climate.copy(),
                self.levels,
                normal_table(),
                *closes,
                grid.step_days,
                grid.interval_ns,
                told,
            )
        return told

    def _make(self, grid: Grid, signal: Array, surprise: Array) -> Block:
        rows = len(grid) * len(self.state)
        columns = {column.name: np.empty(rows, column.numpy) for column in BARS.columns}
        rate = 0.5 * self.plan.ticks_per_s / SECOND_NS
        arguments: tuple[Any, ...] = (
            self.climate,
            self.state,
            normal_table(),
            crowd_table(),
            grid.closes,
            grid.scale,
            grid.gap,
            grid.share,
            grid.step_days,
            grid.interval_ns,
            rate * grid.interval_ns,
            self.plan.planted_ic,
            *(columns[name] for name in BARS.names),
            signal,
            surprise,
        )
        with np.errstate(over="ignore"):
            make_bars(*arguments)
        last = int(grid.closes[-1]) if len(grid) else 0
        return Block(BARS, columns, watermark_ns=last)


def stretches(market: SyntheticMarket, grid: Grid, rows: int = 1 << 19) -> Iterator[tuple[Block, Block]]:
    """A long history in blocks of about so many rows, each with its facts."""
    step = max(1, rows // len(market.state))
    for start in range(0, len(grid), step):
        yield market.bars_and_facts(grid.rows(start, start + step))


def imbalance_signal(bars: Block) -> Array:
    """The oracle's signal as anyone can measure it: the standardised signed-volume imbalance of each bar."""
    return bars["signed_volume"] / bars["volume"] / IMBALANCE_SIGMA


def instruments_of(plan: MarketPlan) -> Instruments:
    """The market's instruments; sectors take turns, so that each has its share."""
    return Instruments(
        Instrument(
            instrument=i + 1,
            symbol=symbol_of(i),
            venue="SYNTH",
            tick=TICK,
            sector=SECTORS[i % len(SECTORS)],
        )
        for i in range(plan.symbols)
    )


def symbol_of(place: int) -> str:
    """A pronounceable ticker of four letters, different for each place."""
    consonants, vowels = "BDFGKLMNPRSTVZ", "AEIOU"
    place, last = divmod(place * 37, 14)
    place, vowel = divmod(place, 5)
    first, middle = place % 14, place // 14
    return consonants[first] + vowels[vowel] + consonants[last] + (chr(ord("A") + middle) if middle else "X")


@cache
def normal_table() -> Array:
    """Quantiles of the normal law at even steps, scaled to variance 1: twelve random bits pick one."""
    quantile = NormalDist().inv_cdf
    table = np.array([quantile((i + 0.5) / NORMALS) for i in range(NORMALS)])
    table /= np.sqrt(np.mean(table * table))
    return table


@cache
def crowd_table() -> Array:
    """By what a bar's volume differs from its usual volume, for each entry of the table of normals."""
    return np.exp(CROWD_SIGMA * normal_table())


def _beginning(plan: MarketPlan, instruments: Instruments) -> tuple[Array, Array]:
    draw = np.random.Generator(np.random.PCG64(plan.seed))
    count = plan.symbols
    climate, state = np.zeros(1, CLIMATE), np.zeros(count, INSTRUMENT)
    climate["seed"] = draw.integers(1, 1 << 63, dtype=np.uint64)
    climate["trend"] = 1.0
    price_ticks = TICKS_A_DOLLAR * np.exp(draw.uniform(np.log(20.0), np.log(450.0), count))
    state["id"] = [row.instrument for row in instruments]
    state["sector"] = np.arange(count) % len(SECTORS)
    state["price"] = price_ticks
    state["close"] = np.floor(price_ticks + 0.5)
    state["beta"] = draw.uniform(0.6, 1.5, count)
    state["sector_beta"] = draw.uniform(0.7, 1.3, count)
    state["sigma"] = np.exp(draw.normal(np.log(0.022), 0.25, count))
    state["volume"] = TURNOVER * TICKS_A_DOLLAR / price_ticks * np.exp(draw.normal(0.0, 0.6, count))
    state["activity"] = np.exp(draw.normal(-0.08, 0.4, count))
    state["half_bps"] = draw.uniform(0.4, 1.6, count)
    return climate, state
