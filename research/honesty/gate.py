"""The honesty gate: every check's word on a study, and the scores that they are about."""

from __future__ import annotations

from typing import Final

from research.honesty.adversarial import tested_and_learnt_rows_are_alike
from research.honesty.band import the_score_is_plausible, there_is_an_edge
from research.honesty.controls import (
    older_features_know_no_more,
    shuffled_labels_teach_nothing,
    the_claim_repeats,
    the_future_would_know_more,
)
from research.honesty.row_checks import folds_are_apart, no_feature_is_the_label, no_row_has_a_twin
from research.honesty.study import Study, base_rates
from research.honesty.tape_checks import (
    features_know_no_future,
    labels_end_when_they_say,
    served_as_trained,
    the_universe_is_of_its_day,
)
from research.honesty.trial import Check, prepare
from research.honesty.verdict import Verdict
from research.scores.card import score
from shared.failures import Refused

CHECKS: Final[tuple[Check, ...]] = (
    folds_are_apart,
    the_universe_is_of_its_day,
    no_row_has_a_twin,
    labels_end_when_they_say,
    features_know_no_future,
    served_as_trained,
    no_feature_is_the_label,
    the_claim_repeats,
    shuffled_labels_teach_nothing,
    older_features_know_no_more,
    the_future_would_know_more,
    tested_and_learnt_rows_are_alike,
    the_score_is_plausible,
    there_is_an_edge,
)


def judge(study: Study, checks: tuple[Check, ...] = CHECKS) -> Verdict:
    """Whether the study's score may be believed; a study without tests or predictions is refused."""
    if not study.folds:
        raise Refused("the gate wants at least one fold, the study has none")
    trial = prepare(study)
    if not bool((trial.claimed >= 0.0).all()):
        raise Refused("the gate wants a probability for every tested row, some are missing or negative")
    base = base_rates(study.folds, study.examples.classes)[trial.rows]
    card = score(trial.tested, trial.claimed, base, study.limits.bootstrap)
    return Verdict(tuple(check(trial) for check in checks), card)
