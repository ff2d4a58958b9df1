"""Ideas ranked by factors: a direction and a weight each, sectors adjusted, a percentile beside the score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from shared.failures import Refused

Floats = npt.NDArray[np.float64]
FLAT: Final = 1e-12


class Direction(Enum):
    """What of a factor is good: much, little, or being near the middle."""

    LOWER_BETTER = "lower_better"
    HIGHER_BETTER = "higher_better"
    MEAN_REVERT = "mean_revert"


class Factor(NamedTuple):
    """One factor: where its values come from, what kind it is, how much it counts, and what is good."""

    feature: str
    family: str
    weight: float
    direction: Direction


FACTORS: Final[tuple[Factor, ...]] = (
    Factor("pe_ratio", "fundamental", 15.0, Direction.LOWER_BETTER),
    Factor("return_on_equity", "quality", 18.0, Direction.HIGHER_BETTER),
    Factor("revenue_growth", "fundamental", 15.0, Direction.HIGHER_BETTER),
    Factor("earnings_growth", "fundamental", 20.0, Direction.HIGHER_BETTER),
    Factor("rsi_14", "technical", 8.0, Direction.MEAN_REVERT),
    Factor("momentum_12_1", "technical", 12.0, Direction.HIGHER_BETTER),
    Factor("volatility_ratio_5_20", "technical", 6.0, Direction.LOWER_BETTER),
)
"""The founding factors; whoever wants others gives a list of his own."""


class Idea(NamedTuple):
    """One row of the ranking."""

    rank: int
    symbol: str
    composite_score: float
    percentile: float
    current_price: float
    pe_ratio: float


@dataclass(frozen=True)
class IdeaScorer:
    """Ranks a universe by the weighted mean of its factors; what is not known does not count."""

    factors: Sequence[Factor] = FACTORS
    sectors: Mapping[str, float] = field(default_factory=dict)

    def rank_universe(
        self, symbols: Sequence[str], values: Mapping[str, Floats], sectors: Sequence[str] = ()
    ) -> list[Idea]:
        """Every symbol, the best first; `values` has a number a symbol for each factor that it knows."""
        known = [factor for factor in self.factors if factor.feature in values]
        if not known:
            raise Refused("no factor has values: " + ", ".join(factor.feature for factor in self.factors))
        total, weight = np.zeros(len(symbols)), np.zeros(len(symbols))
        for factor in known:
            score = scored(values[factor.feature], values[factor.feature], factor.direction)
            there = ~np.isnan(score)
            total += np.where(there, factor.weight * np.nan_to_num(score), 0.0)
            weight += factor.weight * there
        composite = np.divide(total, weight, out=np.full(len(symbols), -np.inf), where=weight > 0.0)
        if sectors:
            composite = adjusted(composite, np.array([self.sectors.get(one, 1.0) for one in sectors]))
        return _ranked(symbols, composite, values)

    def get_top_ideas(
        self, symbols: Sequence[str], values: Mapping[str, Floats], sectors: Sequence[str] = (), n: int = 10
    ) -> list[Idea]:
        """The best so many."""
        return self.rank_universe(symbols, values, sectors)[:n]


def scored(values: Floats, among: Floats, direction: Direction) -> Floats:
    """How good values are, in deviations of those they stand among; where extremes revert, 0 is best."""
    deviation = float(np.nanstd(among))
    away = (values - float(np.nanmean(among))) / (deviation if deviation > FLAT else 1.0)
    if direction is Direction.MEAN_REVERT:
        return -np.abs(away)
    return away if direction is Direction.HIGHER_BETTER else -away


def adjusted(composite: Floats, multiplier: Floats) -> Floats:
    """A favoured sector is better off on both sides of zero."""
    made: Floats = np.where(composite >= 0.0, composite * multiplier, composite / multiplier)
    return made


def _ranked(symbols: Sequence[str], composite: Floats, values: Mapping[str, Floats]) -> list[Idea]:
    order = sorted(range(len(symbols)), key=lambda place: (-composite[place], symbols[place]))
    nothing = np.full(len(symbols), np.nan)
    price, earnings = values.get("current_price", nothing), values.get("pe_ratio", nothing)
    return [
        Idea(
            rank=number,
            symbol=symbols[place],
            composite_score=float(composite[place]),
            percentile=100.0 * (len(symbols) - number + 0.5) / len(symbols),
            current_price=float(price[place]),
            pe_ratio=float(earnings[place]),
        )
        for number, place in enumerate(order, 1)
    ]
