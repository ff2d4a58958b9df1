"""All bars of a tape with the vector that the live line made of each: what every set is cut from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from research.dataset.examples import Floats
from research.dataset.vectors import Beside, vectors
from research.training.plan import SyntheticPast, TrainPlan
from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from services.ingest.synthetic.grid import around_the_clock
from services.ingest.synthetic.market import SyntheticMarket
from services.ingest.synthetic.ticks import ticks_of
from services.ingest.tape import TAPE_START_NS, read_instruments
from shared.block import Block, join
from shared.calendars import CALENDARS
from shared.failures import Refused
from shared.hours import Hours, hours_of
from shared.lake.days import read_days, span_of
from shared.lake.folders import files_of
from shared.lake.parquet import read_stream
from shared.market import Instruments
from shared.streams import BARS, TICKS
from shared.time import END_OF_TAPE

LIVE_BARS: Final = 3
"""Bars at the end of an instrument's past that the live service is given as ticks."""

Live = Callable[[Block], Floats]
"""The vector that the live service gives at the close of the last of an instrument's bars."""


@dataclass(frozen=True)
class Table:
    """Bars in order of time and instrument, and a vector each; NaN where a feature is not warm."""

    spec: FeatureSpec
    bars: Block
    values: Floats
    instruments: Instruments
    live: Live


def make_table(plan: TrainPlan) -> Table:
    """The table of a plan's tape, each instrument in the sector that the plan says."""
    made = _made(plan)
    return replace(made, instruments=_told(plan, made.instruments))


def instruments_of(plan: TrainPlan) -> Instruments:
    """The instruments of a plan's tape, before anything else of it is read."""
    if plan.synthetic is not None:
        return _told(plan, SyntheticMarket(plan.synthetic.market).instruments)
    lake = Path(plan.lake)
    if not files_of(lake, TICKS) and not files_of(lake, BARS):
        raise Refused(f"{lake} holds neither ticks nor bars; `tapeline ingest file` makes a lake")
    return _told(plan, read_instruments(lake))


def _told(plan: TrainPlan, known: Instruments) -> Instruments:
    return Instruments(
        msgspec.structs.replace(one, sector=plan.sector_of.get(one.symbol, one.sector)) for one in known
    )


def _made(plan: TrainPlan) -> Table:
    if plan.synthetic is not None:
        return _synthetic(plan.synthetic, plan.spec)
    lake = Path(plan.lake)
    if files_of(lake, TICKS):
        return _of_ticks(lake, plan.spec)
    if files_of(lake, BARS):
        known = read_instruments(lake)
        bars = read_stream(lake, BARS).sorted()
        hours = hours_of(known, *span_of(lake, BARS), lake / CALENDARS)
        made = _of_length(bars, plan.spec.interval_ns, hours)
        return _of_bars(made, plan.spec, known, learned_live(plan.spec, hours), hours)
    raise Refused(f"{lake} holds neither ticks nor bars; `tapeline ingest file` makes a lake")


def learn(bars: Block, spec: FeatureSpec, hours: tuple[Hours, ...] = ()) -> Floats:
    """The vectors of closed bars by the live service's own way of taking its past."""
    values: Floats = FeatureProcessor(spec, 0, hours=hours).learn(bars)["values"]
    return values


def learned_live(spec: FeatureSpec, hours: tuple[Hours, ...] = ()) -> Live:
    """A service that starts warm at the row: all that a tape of bars allows."""
    return lambda bars: learn(bars, spec, hours)[-1]


def _synthetic(past: SyntheticPast, spec: FeatureSpec) -> Table:
    if past.market.interval_ns != spec.interval_ns:
        raise Refused("the synthetic market's bars want to be as long as those of the features")
    market = SyntheticMarket(past.market)
    seed = int(market.climate["seed"][0])
    start_ns = (TAPE_START_NS // spec.interval_ns - past.bars) * spec.interval_ns
    bars = market.bars(around_the_clock(start_ns, spec.interval_ns, past.bars))

    def live(bars: Block) -> Floats:
        processor, split = FeatureProcessor(spec, 0), max(0, len(bars) - LIVE_BARS)
        processor.learn(bars.rows(0, split))
        ticks = ticks_of(bars.rows(split, len(bars)), seed)
        made = [block for part in (ticks, _END) for block in processor.handle(part)]
        served: Floats = join([block for block in made if block.stream is not BARS])["values"]
        return served[-1]

    return _of_bars(bars, spec, market.instruments, live)


def _of_bars(
    bars: Block, spec: FeatureSpec, instruments: Instruments, live: Live, hours: tuple[Hours, ...] = ()
) -> Table:
    return Table(spec, bars, learn(bars, spec, hours), instruments, live)


def _of_ticks(lake: Path, spec: FeatureSpec) -> Table:
    known = read_instruments(lake)
    hours = hours_of(known, *span_of(lake, TICKS), lake / CALENDARS)
    made = list(vectors(read_days(lake, TICKS), spec, Beside(hours=hours)))
    if not made:
        raise Refused(f"{lake} holds not one whole bar of {spec.interval_ns / 1e9:g} s")
    bars = join([bars for bars, _ in made])
    values = np.concatenate([features["values"] for _, features in made])
    return Table(spec, bars, values, known, learned_live(spec, hours))


def _of_length(bars: Block, interval_ns: int, hours: tuple[Hours, ...]) -> Block:
    """Bars as long as is wanted; a session's end may have cut some short."""
    found = np.unique(bars["interval_ns"])
    cut = bool(hours) and bool((found <= interval_ns).all())
    if len(bars) and not cut and found.tolist() != [interval_ns]:
        lengths = ", ".join(f"{length / 1e9:g} s" for length in found)
        raise Refused(f"the lake's bars have {lengths}, --bar wants {interval_ns / 1e9:g} s")
    return bars


_END: Final = TICKS.empty(watermark_ns=END_OF_TAPE)
