"""Every planted leak is blocked by the check that is there for it, and no clean run is."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from research.honesty.band import the_score_is_plausible
from research.honesty.controls import the_future_would_know_more
from research.honesty.gate import CHECKS, judge
from research.honesty.row_checks import no_feature_is_the_label
from research.honesty.verdict import Finding, Outcome, Verdict
from shared.failures import Refused
from tests.fixtures import leaks_of_features, leaks_of_rows
from tests.fixtures.honest_market import boosted, honest
from tests.fixtures.leaks import CATALOGUE, Leak

SAMPLE = (
    leaks_of_features.shift_minus_one,
    leaks_of_features.target_encoded_on_all_data,
    leaks_of_rows.unpurged,
    leaks_of_rows.survivorship,
    leaks_of_rows.taught_before,
)
# Those whose score gives them away although nobody can look at how the features were made.
LOUD = (
    leaks_of_features.shift_minus_one,
    leaks_of_features.ratio_to_the_next_close,
    leaks_of_features.centred_window,
    leaks_of_features.total_of_the_day,
    leaks_of_features.smoothed_both_ways,
    leaks_of_features.label_in_the_features,
    leaks_of_features.label_behind_noise,
    leaks_of_features.size_of_the_move,
)
BLIND = (no_feature_is_the_label, the_future_would_know_more, the_score_is_plausible)
CHECK_OF = {leak: check for check, leak in CATALOGUE}


def name_of(leak: Leak) -> str:
    return getattr(leak, "__name__", "leak")


def test_the_catalogue_holds_at_least_25_leaks_and_none_twice() -> None:
    assert len(CATALOGUE) >= 25
    assert len(CHECK_OF) == len(CATALOGUE)


@pytest.mark.parametrize("leak", SAMPLE, ids=name_of)
def test_a_planted_leak_is_blocked_by_its_check(leak: Leak) -> None:
    verdict = judge(leak(honest(1)).study())
    assert verdict.outcome is Outcome.BLOCKED
    assert CHECK_OF[leak] in verdict.blocking()


@pytest.mark.parametrize("seed", range(5))
def test_a_clean_run_passes(seed: int) -> None:
    verdict = judge(honest(seed).study(seed))
    assert verdict.blocking() == ()
    assert verdict.outcome is Outcome.PASS
    assert len(verdict.findings) == len(CHECKS)


def test_without_a_signal_there_is_no_edge_and_no_block() -> None:
    verdict = judge(honest(3, planted=0.0).study())
    assert (verdict.outcome, verdict.blocking()) == (Outcome.NO_EDGE, ())
    assert "commonest class" in verdict.findings[-1].sentence


def test_the_same_study_gets_the_same_verdict() -> None:
    assert judge(honest(4).study(9)) == judge(honest(4).study(9))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11, 12])
@pytest.mark.parametrize(
    ("check", "leak"), CATALOGUE, ids=lambda part: part if isinstance(part, str) else name_of(part)
)
def test_all_planted_leaks_are_blocked_by_their_checks(check: str, leak: Leak, seed: int) -> None:
    assert check in judge(leak(honest(seed)).study(seed)).blocking()


@pytest.mark.slow
@pytest.mark.parametrize("leak", LOUD, ids=name_of)
def test_a_loud_leak_is_blocked_by_its_score_alone(leak: Leak) -> None:
    assert judge(leak(honest(13)).study(), BLIND).outcome is Outcome.BLOCKED


@pytest.mark.slow
def test_none_of_50_clean_runs_is_blocked() -> None:
    verdicts = [judge(honest(seed).study(seed)) for seed in range(100, 150)]
    assert [verdict.blocking() for verdict in verdicts if verdict.blocking()] == []
    assert sum(verdict.outcome is Outcome.PASS for verdict in verdicts) >= 45


@pytest.mark.slow
def test_of_50_runs_without_a_signal_nearly_all_say_no_edge_and_none_is_blocked() -> None:
    outcomes = Counter(judge(honest(seed, planted=0.0).study(seed)).outcome for seed in range(200, 250))
    assert outcomes[Outcome.BLOCKED] == 0
    assert outcomes[Outcome.NO_EDGE] >= 47


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(300, 306))
def test_a_clean_run_of_trees_is_not_blocked(seed: int) -> None:
    assert judge(replace(honest(seed), learner=boosted).study(seed)).blocking() == ()


def test_the_worst_word_is_the_verdict() -> None:
    card = judge(honest(1).study()).scorecard
    words = {outcome: Finding("one", outcome, "because") for outcome in Outcome}

    def said(*outcomes: Outcome) -> Outcome:
        return Verdict(tuple(words[outcome] for outcome in outcomes), card).outcome

    assert said(Outcome.PASS, Outcome.PASS) is Outcome.PASS
    assert said(Outcome.PASS, Outcome.NO_EDGE) is Outcome.NO_EDGE
    assert said(Outcome.BLOCKED, Outcome.NO_EDGE) is Outcome.BLOCKED


def test_a_study_without_folds_or_predictions_is_refused() -> None:
    study = honest(1).study()
    with pytest.raises(Refused, match="at least one fold"):
        judge(replace(study, folds=[]))
    with pytest.raises(Refused, match="every tested row"):
        judge(replace(study, claimed=np.full_like(study.claimed, np.nan)))
