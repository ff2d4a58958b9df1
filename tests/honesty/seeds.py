"""One seed of the proof: what was planted, what an oracle measures, and what a trained model claims."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from research.dataset.folds import WalkForward, walk_forward
from research.families.booster import BOOSTER
from research.families.family import FamilyRule
from research.honesty.band import the_score_is_plausible, there_is_an_edge
from research.honesty.controls import the_claim_repeats
from research.honesty.row_checks import folds_are_apart, no_feature_is_the_label, no_row_has_a_twin
from research.honesty.study import Study, walk
from research.honesty.trial import prepare
from research.honesty.verdict import Finding, Outcome
from research.scores.bootstrap import Bootstrap, Interval, interval, redraws
from research.scores.card import opinion, outcome
from research.scores.ranking import ic_of, rank_ic_across_of, rank_ic_of
from research.training.course import Terms
from research.training.learner import FamilyLearner
from research.training.plan import POOLED, SyntheticPast, TrainPlan, rule_of
from research.training.rows import Rowset, Wanted
from research.training.table import make_table
from research.training.workshop import Workshop
from services.features.catalogue import STARTER
from services.features.config import FeatureSpec
from services.ingest.synthetic.grid import around_the_clock
from services.ingest.synthetic.market import MarketPlan, SyntheticMarket, imbalance_signal
from shared.time import SECOND_NS

BAR_NS: Final = 5 * SECOND_NS
SYMBOLS: Final = 20
BARS: Final = 1_040
TESTS: Final = 1
ROUNDS: Final = 20
FIRST_SHARE: Final = 0.4
LABEL: Final = "triple_barrier(1, 1, 20)"
HORIZON: Final = "1"
FEATURES: Final = tuple(name for name in STARTER if not name.startswith("session"))
"""The starter's vector without the time of day, which tells a test of two hours from its training."""
PLANTED: Final = (0.03, 0.04, 0.05, 0.06)
CHECKS: Final = (
    folds_are_apart,
    no_row_has_a_twin,
    no_feature_is_the_label,
    the_claim_repeats,
    the_score_is_plausible,
    there_is_an_edge,
)
"""The checks of the gate that a proof of hundreds of trainings can afford; the last is the 1 % test."""


class Market(NamedTuple):
    """A market that is about to be learnt from, with what only its maker knows."""

    rows: Rowset
    truth: npt.NDArray[np.float64]
    """What came of each kept row in the part of the next bar that the planted coefficient is about."""
    oracle: Interval
    """The planted signal's own coefficient, as measured on the whole tape."""


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a model claims on rows that it had not seen, each with its 95 % interval."""

    rank_ic: Interval
    rank_ic_across: Interval
    own_ic: Interval
    """With the part of the return that can be known at all."""


class Seed(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one seed, with the signal planted and with it taken out."""

    seed: int
    planted: float
    rows: int
    oracle: Interval
    claims: Claims
    verdict: str
    verdict_without: str
    sentence_without: str

    @property
    def covered(self) -> bool:
        """Whether the oracle's interval holds what was planted."""
        return self.oracle.low <= self.planted <= self.oracle.high

    @property
    def too_much(self) -> tuple[str, ...]:
        """The claims that are surely more than there was to be found."""
        named = msgspec.structs.asdict(self.claims)
        return tuple(name for name, claim in named.items() if claim.low > self.planted)


def play(seed: int) -> Seed:
    """Both markets of a seed: equal in everything but what was planted."""
    planted = PLANTED[seed % len(PLANTED)]
    market = make_market(seed, planted, SYMBOLS, BARS)
    study = walked(market, seed)
    findings = findings_of(study)
    without = findings_of(walked(make_market(seed, 0.0, SYMBOLS, BARS), seed))
    return Seed(
        seed=seed,
        planted=planted,
        rows=len(market.rows.examples),
        oracle=market.oracle,
        claims=claims(market, study),
        verdict=worst(findings),
        verdict_without=worst(without),
        sentence_without=without[-1].sentence,
    )


def make_market(seed: int, planted: float, symbols: int, bars: int, label: str = LABEL) -> Market:
    """The rows as `tapeline train --synthetic` makes them, beside the truth of the same market."""
    law = MarketPlan(seed=seed, symbols=symbols, planted_ic=planted, interval_ns=BAR_NS)
    plan = TrainPlan(
        synthetic=SyntheticPast(market=law, bars=bars),
        spec=FeatureSpec(interval_ns=BAR_NS, features=FEATURES),
        label=label,
        horizons=(HORIZON,),
        sectors=(POOLED,),
    )
    table = make_table(plan)
    everyone = tuple(one.instrument for one in table.instruments)
    rows = Rowset(table, Wanted(POOLED, everyone, rule_of(label, HORIZON), HORIZON))
    start_ns = int(table.bars["event_time_ns"][0]) - BAR_NS
    again, truth = SyntheticMarket(law).bars_and_truth(around_the_clock(start_ns, BAR_NS, bars))
    assert np.array_equal(again["close"], table.bars["close"])
    signal = imbalance_signal(again).reshape(-1, symbols)
    next_own = np.vstack([truth.surprise[1:], np.full((1, symbols), np.nan)])
    times = again["event_time_ns"].reshape(-1, symbols)[:-1].ravel()
    weights = redraws(times, Bootstrap(seed=seed))
    oracle = interval(ic_of(signal[:-1].ravel(), next_own[:-1].ravel()), weights)
    return Market(rows, next_own.ravel()[rows.kept], oracle)


def walked(market: Market, seed: int, family: FamilyRule = BOOSTER) -> Study:
    """What a family claims of rows that it had not seen when it answered."""
    examples = market.rows.examples
    plan = WalkForward(tests=TESTS, first_share=FIRST_SHARE, embargo_ns=BAR_NS)
    folds = walk_forward(examples.times_ns, examples.end_ns, plan)
    terms = Terms(embargo_ns=BAR_NS, seed=seed, settings={"lightgbm": {"rounds": ROUNDS}})
    learner = FamilyLearner(family, examples, terms, Workshop(1))
    claimed = walk(folds, learner, examples.values, examples.classes)
    return Study(examples, folds, learner, claimed, market.rows, BAR_NS, seed=seed)


def findings_of(study: Study) -> tuple[Finding, ...]:
    """The word of each check."""
    trial = prepare(study)
    return tuple(check(trial) for check in CHECKS)


def worst(findings: tuple[Finding, ...]) -> str:
    """The verdict, as the gate makes it of its findings."""
    said = {finding.outcome for finding in findings}
    word: str = next(one for one in (Outcome.BLOCKED, Outcome.NO_EDGE, Outcome.PASS) if one in said).value
    return word


def claims(market: Market, study: Study) -> Claims:
    """The claimed scores on the tested rows."""
    rows = study.tested()
    tested, leaning = study.examples.take(rows), opinion(study.claimed[rows])
    weights = redraws(tested.times_ns, Bootstrap())
    came = outcome(tested)
    return Claims(
        rank_ic=interval(rank_ic_of(leaning, came), weights),
        rank_ic_across=interval(rank_ic_across_of(leaning, came, tested.times_ns), weights),
        own_ic=interval(ic_of(leaning, market.truth[rows]), weights),
    )
