"""How much of what was planted the ensemble of `--family fast` finds, given 100,000 rows and more."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from research.dataset.folds import WalkForward, walk_forward
from research.families.ensemble import FAST
from research.honesty.study import Study, walk
from research.scores.bootstrap import Bootstrap, Interval, interval, redraws
from research.scores.card import outcome
from research.scores.ranking import rank_ic_across_of, rank_ic_of
from research.training.course import Terms
from research.training.learner import FamilyLearner
from research.training.workshop import Workshop
from tests.honesty.seeds import (
    BAR_NS,
    FEATURES,
    FIRST_SHARE,
    Claims,
    Market,
    claims,
    findings_of,
    make_market,
    worst,
)

SEEDS: Final = 3
SYMBOLS: Final = 10
BARS: Final = 11_000
PLANTED: Final = 0.05
LABEL: Final = "direction"
SIGNAL: Final = FEATURES.index("signed_volume")


class Ensemble(msgspec.Struct, frozen=True, kw_only=True):
    """One seed: what the ensemble claims, and what the planted feature itself scores on the same rows."""

    seed: int
    rows: int
    tested: int
    claims: Claims
    signal_rank_ic: Interval
    signal_across: Interval
    verdict: str

    @property
    def reach(self) -> float:
        """The share of the planted coefficient that is found, instrument against instrument."""
        return self.claims.rank_ic_across.value / PLANTED


def play_ensemble(seed: int) -> Ensemble:
    """Trains and tests it once."""
    market = make_market(seed, PLANTED, SYMBOLS, BARS, LABEL)
    study = stacked(market, seed)
    rows = study.tested()
    tested = study.examples.take(rows)
    weights, came = redraws(tested.times_ns, Bootstrap()), outcome(tested)
    signal = tested.values[:, SIGNAL]
    return Ensemble(
        seed=seed,
        rows=len(study.examples),
        tested=len(rows),
        claims=claims(market, study),
        signal_rank_ic=interval(rank_ic_of(signal, came), weights),
        signal_across=interval(rank_ic_across_of(signal, came, tested.times_ns), weights),
        verdict=worst(findings_of(study)),
    )


def stacked(market: Market, seed: int) -> Study:
    """One test after the first stretch, whose second half teaches the meta-learner."""
    examples = market.rows.examples
    plan = WalkForward(tests=1, first_share=FIRST_SHARE, embargo_ns=BAR_NS)
    folds = walk_forward(examples.times_ns, examples.end_ns, plan)
    start = int(examples.times_ns[folds[0].test[0]])
    first = np.unique(examples.times_ns[examples.times_ns < start])
    terms = Terms(cuts_ns=(int(first[len(first) // 2]), start), embargo_ns=BAR_NS, seed=seed)
    learner = FamilyLearner(FAST, examples, terms, Workshop(1))
    claimed = walk(folds, learner, examples.values, examples.classes)
    return Study(examples, folds, learner, claimed, market.rows, BAR_NS, seed=seed)
