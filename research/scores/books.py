"""What simple books would have earned by a model's opinions, after costs, beside those that need no model.

Every moment begins a sleeve that is held as long as the label looks ahead; sleeves that follow one another
pay for what changes between them, and at last for the way out. Weights drift with prices while they are held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Final, NamedTuple

import msgspec
import numpy as np
from msgspec import Meta

from research.dataset.examples import Examples, Floats
from research.scores.bootstrap import Bootstrap, block_length, interval, redraws, weighted
from research.scores.luck import beyond_luck
from shared.time import DAY_NS

BPS: Final = 1e4
YEAR_NS: Final = 365.25 * DAY_NS
SHARE: Final = 10
"""One instrument in so many is bought, and one in so many sold short."""
POINTS: Final = 240
"""Points of a curve that a report keeps."""


class Costs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What trading costs, in hundredths of a per cent of the value traded, each way."""

    commission_bps: Annotated[float, Meta(ge=0.0, le=1_000.0)] = 0.5
    half_spread_bps: Annotated[float, Meta(ge=0.0, le=1_000.0)] = 2.0

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


class Books(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All books of a walk, and what they rest on."""

    costs: Costs
    trials: int
    sleeves: int
    sleeves_a_year: float
    lines: tuple[Book, ...]

    def __getitem__(self, name: str) -> Book:
        return next(line for line in self.lines if line.name == name)


class Panel(NamedTuple):
    """A row a moment and a column an instrument: opinions and simple returns, NaN where there is no row."""

    said: Floats
    came: Floats
    next: tuple[int, ...]
    """The moment at which a sleeve that begins at this one has ended."""


class Paid(NamedTuple):
    """What each sleeve earned before costs, and how much was traded for it."""

    gross: Floats
    traded: Floats


Rule = Callable[[Floats, Floats], Floats]
"""The weights wanted, given the opinions of a moment and the weights as they have drifted."""


def books(tested: Examples, leaning: Floats, costs: Costs, trials: int) -> Books:
    """The books of these opinions on rows that were never learnt from."""
    panel = _panel(tested, leaning)
    paid = {name: _walk(panel, rule) for name, rule in RULES.items()}
    top, equal = paid[TOP], paid[EQUAL]
    net = {name: one.gross - costs.share * one.traded for name, one in paid.items()}
    beyond = Paid(top.gross - equal.gross, top.traded - equal.traded)
    net[BEYOND], paid[BEYOND] = net[TOP] - net[EQUAL], beyond
    held = panel.next[0]
    years = float(tested.times_ns[-1] - tested.times_ns[0]) / YEAR_NS or 1.0
    terms = _Terms(len(panel.said) / held / years, held, trials, costs)
    lines = tuple(_line(name, paid[name], net[name], terms) for name in paid)
    return Books(
        costs=costs, trials=trials, sleeves=len(panel.said), sleeves_a_year=terms.a_year, lines=lines
    )


def top_tenth(said: Floats, drifted: Floats) -> Floats:
    """The best tenth, each alike; all who are as good as the last of them come in too."""
    here = np.isfinite(said)
    least = np.sort(said[here])[-max(1, int(here.sum()) // SHARE)]
    return _alike(here & (np.nan_to_num(said, nan=-np.inf) >= least))


def top_less_bottom(said: Floats, drifted: Floats) -> Floats:
    """Half of the money long the best tenth, half short the worst."""
    return 0.5 * (top_tenth(said, drifted) - top_tenth(-said, drifted))


def equal_weight(said: Floats, drifted: Floats) -> Floats:
    """All that are there, each alike."""
    return _alike(np.isfinite(said))


def held_on(said: Floats, drifted: Floats) -> Floats:
    """Bought once, each alike, and never touched again."""
    return drifted if np.any(drifted) else equal_weight(said, drifted)


TOP, BOTH, EQUAL, HELD, BEYOND = (
    "top tenth",
    "top less bottom",
    "equal weight",
    "bought and held",
    "top beyond equal weight",
)
RULES: Final[dict[str, Rule]] = {
    TOP: top_tenth,
    BOTH: top_less_bottom,
    EQUAL: equal_weight,
    HELD: held_on,
}


class _Terms(NamedTuple):
    a_year: float
    held: int
    trials: int
    costs: Costs


def _panel(tested: Examples, leaning: Floats) -> Panel:
    moments, row = np.unique(tested.times_ns, return_inverse=True)
    names, column = np.unique(tested.instruments, return_inverse=True)
    said, came = np.full((2, len(moments), len(names)), np.nan)
    said[row, column] = leaning
    came[row, column] = np.expm1(tested.returns)
    ends = np.zeros(len(moments), np.int64)
    np.maximum.at(ends, row, tested.end_ns)
    following = np.maximum(np.searchsorted(moments, ends), np.arange(len(moments)) + 1)
    return Panel(said, came, tuple(int(one) for one in following))


def _walk(panel: Panel, rule: Rule) -> Paid:
    """Every moment's sleeve, those that follow one another in turn."""
    count = len(panel.said)
    paid = Paid(np.zeros(count), np.zeros(count))
    done = np.zeros(count, np.bool_)
    for start in range(min(panel.next[0], count)):
        drifted = np.zeros(panel.said.shape[1])
        last = start
        for moment in _chain(panel, start, done):
            wanted = rule(panel.said[moment], drifted)
            came = np.nan_to_num(panel.came[moment])
            gross = float(weighted(wanted, came))
            paid.gross[moment] = gross
            paid.traded[moment] = float(np.abs(wanted - drifted).sum())
            drifted = wanted * (1.0 + came) / (1.0 + gross)
            last = moment
        paid.traded[last] += float(np.abs(drifted).sum())
    return paid


def _chain(panel: Panel, start: int, done: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Iterator[int]:
    """Moments whose sleeves follow one another, each in one chain only."""
    moment = start
    while moment < len(panel.said) and not done[moment]:
        done[moment] = True
        yield moment
        moment = panel.next[moment]


def _line(name: str, paid: Paid, net: Floats, terms: _Terms) -> Book:
    moments = np.arange(len(net))
    plan = Bootstrap(draws=400)
    block = max(block_length(len(net), plan), 2 * terms.held)
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
        beyond_luck=beyond_luck(net, max(2, len(net) // terms.held), terms.trials),
        growth=tuple(float(one) for one in growth[:: max(1, len(growth) // POINTS)]),
    )


def _sharpe(net: Floats, weights: Floats) -> float:
    whole = weights.sum()
    mean = float(weighted(net, weights) / whole)
    spread = float(np.sqrt(weighted((net - mean) ** 2, weights) / whole))
    return mean / spread if spread > 0.0 else 0.0


def _alike(chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Floats:
    weights: Floats = chosen / max(1, int(chosen.sum()))
    return weights
