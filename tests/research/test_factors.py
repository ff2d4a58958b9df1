"""Ideas are ranked as their factors say, whatever is missing, and a favoured sector is never worse off."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.factors import FACTORS, Direction, Factor, IdeaScorer, adjusted, scored
from shared.failures import Refused

SYMBOLS = ("A", "B", "C", "D")
VALUES = {"pe_ratio": np.array([10.0, 20.0, 30.0, 40.0]), "current_price": np.array([1.0, 2.0, 3.0, 4.0])}


def test_the_founding_weights_are_those_of_the_document() -> None:
    said = {factor.feature: (factor.weight, factor.direction.value) for factor in FACTORS}
    assert said["pe_ratio"] == (15.0, "lower_better")
    assert said["earnings_growth"] == (20.0, "higher_better")
    assert said["rsi_14"] == (8.0, "mean_revert")
    assert sum(factor.weight for factor in FACTORS) == 94.0


def test_the_cheapest_comes_first_with_its_percentile() -> None:
    ranked = IdeaScorer().rank_universe(SYMBOLS, VALUES)
    assert [idea.symbol for idea in ranked] == ["A", "B", "C", "D"]
    assert [idea.percentile for idea in ranked] == [87.5, 62.5, 37.5, 12.5]
    assert (ranked[0].current_price, ranked[0].pe_ratio) == (1.0, 10.0)
    assert IdeaScorer().get_top_ideas(SYMBOLS, VALUES, n=2) == ranked[:2]


def test_near_the_middle_is_best_where_extremes_revert() -> None:
    values = np.array([20.0, 50.0, 80.0])
    assert scored(values, values, Direction.MEAN_REVERT).argmax() == 1
    assert scored(values, values, Direction.HIGHER_BETTER).argmax() == 2


def test_what_is_not_known_of_a_symbol_does_not_count() -> None:
    scorer = IdeaScorer(
        (Factor("a", "x", 1.0, Direction.HIGHER_BETTER), Factor("b", "x", 1.0, Direction.HIGHER_BETTER))
    )
    values = {"a": np.array([1.0, 2.0, 3.0]), "b": np.array([np.nan, 1.0, np.nan])}
    ranked = scorer.rank_universe(("A", "B", "C"), values)
    assert [idea.symbol for idea in ranked] == ["C", "B", "A"]
    with pytest.raises(Refused, match="no factor has values"):
        scorer.rank_universe(("A",), {"c": np.ones(1)})


@given(st.floats(-5, 5), st.floats(1.0, 2.0))
def test_a_favoured_sector_is_never_worse_off(score: float, multiplier: float) -> None:
    assert adjusted(np.array([score]), np.array([multiplier]))[0] >= score


def test_sectors_change_the_order() -> None:
    values = {"pe_ratio": np.array([10.0, 11.0, 30.0])}
    scorer = IdeaScorer(sectors={"Technology": 1.3})
    assert scorer.rank_universe(("A", "B", "C"), values)[0].symbol == "A"
    named = ("Energy", "Technology", "Energy")
    assert scorer.rank_universe(("A", "B", "C"), values, named)[0].symbol == "B"
