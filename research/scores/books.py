"""What simple books would have earned by a model's opinions, after costs, beside those that need no model."""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

import msgspec
import numpy as np
from msgspec import Meta

from research.dataset.examples import Examples, Floats
from research.scores.bootstrap import Bootstrap, block_length, interval, redraws, weighted
from research.scores.luck import beyond_luck
from research.scores.sleeves import EQUAL, RULES, TOP, Paid, panel_of, walk
from shared.time import DAY_NS

BPS: Final = 1e4
YEAR_NS: Final = 365.25 * DAY_NS
POINTS: Final = 240
"""Points of a curve that a report keeps."""
BEYOND: Final = "top beyond equal weight"
ORDER_SHARE: Final = 0.01
"""An order of at most this share of what a bar trades is thought to move no price."""
TIGHT: Final = 0.05
"""A capacity is what all but this share of the moments leave room for."""
Bps = Annotated[float, Meta(ge=0.0, le=1_000.0)]


class Costs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What trading costs, in hundredths of a per cent of the value traded, each way."""

    commission_bps: Bps = 0.5
    half_spread_bps: Bps = 2.0

    @property
    def share(self) -> float:
        """The share of the traded value that is lost."""
        return (self.commission_bps + self.half_spread_bps) / BPS


class Book(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One book: what a sleeve earned on average, with its 95 % interval, and what it traded for that."""

    name: str
    gross_bps: float
    cost_bps: float
    net_bps: float
    net_low: float
    net_high: float
    turnover: float
    sharpe: float
    sharpe_low: float
    sharpe_high: float
    beyond_luck: float
    growth: tuple[float, ...]
    capacity: float | None = None
    """The money with which its orders stay small beside what the market trades."""


class Books(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All books of a walk, and what they rest on."""

    costs: Costs
    trials: int
    sleeves: int
    sleeves_a_year: float
    lines: tuple[Book, ...]

    def __getitem__(self, name: str) -> Book:
        return next(line for line in self.lines if line.name == name)


class Earned(NamedTuple):
    """What every moment's sleeve earned after costs by each book, and for how long a sleeve is held."""

    times_ns: np.ndarray[tuple[int], np.dtype[np.int64]]
    held: float
    paid: dict[str, Paid]
    net: dict[str, Floats]


def earned(tested: Examples, leaning: Floats, costs: Costs, worth: Floats | None = None) -> Earned:
    """The books of these opinions on rows that were never learnt from, sleeve by sleeve."""
    panel = panel_of(tested, leaning, worth)
    paid = {name: walk(panel, rule) for name, rule in RULES.items()}
    net = {name: one.gross - costs.share * one.traded for name, one in paid.items()}
    top, equal = paid[TOP], paid[EQUAL]
    paid[BEYOND] = Paid(top.gross - equal.gross, top.traded - equal.traded, top.room)
    net[BEYOND] = net[TOP] - net[EQUAL]
    return Earned(np.unique(tested.times_ns), panel.held, paid, net)


def books(made: Earned, costs: Costs, trials: int) -> Books:
    """Each book in a line, with its intervals; `trials` sets and settings were tried beside this one."""
    years = float(made.times_ns[-1] - made.times_ns[0]) / YEAR_NS or 1.0
    count = len(made.times_ns)
    terms = _Terms(count / made.held / years, made.held, trials, costs)
    lines = tuple(_line(name, made.paid[name], made.net[name], terms) for name in made.paid)
    return Books(costs=costs, trials=trials, sleeves=count, sleeves_a_year=terms.a_year, lines=lines)


class _Terms(NamedTuple):
    a_year: float
    held: float
    trials: int
    costs: Costs


def _line(name: str, paid: Paid, net: Floats, terms: _Terms) -> Book:
    moments = np.arange(len(net))
    plan = Bootstrap(draws=400)
    block = max(block_length(len(net), plan), round(2 * terms.held))
    draws = redraws(moments, msgspec.structs.replace(plan, block=block))
    mean = interval(lambda weights: float(weighted(net, weights) / weights.sum()), draws)
    ratio = interval(lambda weights: _sharpe(net, weights) * terms.a_year**0.5, draws)
    growth = np.cumprod(1.0 + net / terms.held)
    return Book(
        name=name,
        gross_bps=BPS * float(paid.gross.mean()),
        cost_bps=BPS * terms.costs.share * float(paid.traded.mean()),
        net_bps=BPS * mean.value,
        net_low=BPS * mean.low,
        net_high=BPS * mean.high,
        turnover=float(paid.traded.mean()),
        sharpe=ratio.value,
        sharpe_low=ratio.low,
        sharpe_high=ratio.high,
        beyond_luck=beyond_luck(net, max(2, round(len(net) / terms.held)), terms.trials),
        growth=tuple(float(one) for one in growth[:: max(1, len(growth) // POINTS)]),
        capacity=_capacity(paid.room, terms.held),
    )


def _capacity(room: Floats, held: float) -> float | None:
    """A book's money lies in as many sleeves as are held at once; one of them is turned over at a time."""
    known = room[np.isfinite(room)]
    return float(ORDER_SHARE * held * np.quantile(known, TIGHT)) if len(known) else None


def _sharpe(net: Floats, weights: Floats) -> float:
    whole = weights.sum()
    mean = float(weighted(net, weights) / whole)
    spread = float(np.sqrt(weighted((net - mean) ** 2, weights) / whole))
    return mean / spread if spread > 0.0 else 0.0
