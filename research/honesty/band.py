"""Is a score too good to be true, or no better than knowing nothing."""

from __future__ import annotations

import numpy as np

from research.honesty.trial import Trial
from research.honesty.verdict import Finding, Outcome, blocked, passed
from research.labels.next_bar import BUY, HOLD
from research.scores.bootstrap import interval
from research.scores.card import opinion
from research.scores.classes import accuracy_of, majority_of
from research.scores.ranking import auc_of


def the_score_is_plausible(trial: Trial) -> Finding:
    """Nobody predicts a market this well; who seems to has seen the answers.

    Only direction is held against the band: how far prices will move can honestly be known.
    """
    limits, skill = trial.limits, trial.skill()
    moved = trial.tested.classes != HOLD
    apart = interval(
        auc_of(opinion(trial.claimed)[moved], trial.tested.classes[moved] == BUY),
        trial.weights[:, moved],
        limits.sure,
    )
    if skill.low > limits.most_rank_ic:
        found = (
            f"rank IC {skill.value:.3f} (at least {skill.low:.3f}), plausible is up to {limits.most_rank_ic}"
        )
        return blocked("plausible band", f"{found}: a suspected leak")
    if apart.low > limits.most_direction_auc:
        found = (
            f"up is told from down with AUC {apart.value:.3f}, plausible is up to {limits.most_direction_auc}"
        )
        return blocked("plausible band", f"{found}: a suspected leak")
    return passed("plausible band", f"rank IC {skill.value:.3f} is one that a market may give")


def there_is_an_edge(trial: Trial) -> Finding:
    """The claimed predictions rank what came better than chance, by a one-sided test."""
    skill, once = trial.skill(), np.ones(len(trial.rows))
    accuracy = accuracy_of(trial.claimed, trial.tested.classes)(once)
    majority = majority_of(trial.tested.classes, 3)(once)
    said_so = (
        f"rank IC {skill.value:.3f}, at least {skill.low:.3f}; accuracy {accuracy:.2%} "
        f"where always naming the commonest class gives {majority:.2%}"
    )
    if skill.low > 0.0:
        return passed("edge", said_so)
    return Finding("edge", Outcome.NO_EDGE, f"{said_so}: within the noise of knowing nothing")
