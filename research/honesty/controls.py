"""Controls: the learner is asked again with one thing changed, and the score must change as it should."""

from __future__ import annotations

import numpy as np

from research.dataset.examples import Examples, Floats, Rows
from research.dataset.folds import Fold
from research.honesty.study import walk
from research.honesty.trial import Trial
from research.honesty.verdict import Finding, blocked, passed
from research.scores.bootstrap import Score, deviation, interval, redraws
from research.scores.card import opinion, outcome
from research.scores.ranking import rank_ic_of

HALF = 0.5
LEAST = 0.02


def the_claim_repeats(trial: Trial) -> Finding:
    """The learner, given the training rows only, says what was claimed."""
    off = np.max(np.abs(trial.claimed - trial.again), initial=0.0)
    if off <= trial.limits.same_prediction:
        return passed("repeat", "the claimed predictions come again from the training rows alone")
    once = np.ones(len(trial.rows))
    claimed, again = trial.rank_ic(trial.claimed)(once), trial.rank_ic(trial.again)(once)
    return blocked(
        "repeat",
        f"the claimed predictions (rank IC {claimed:.3f}) do not come again from the training rows alone "
        f"(rank IC {again:.3f}): they knew more",
    )


def shuffled_labels_teach_nothing(trial: Trial) -> Finding:
    """Taught shuffled labels and then their mirror, the learner knows nothing of what came.

    The mirror cancels what a random direction happens to have in common with a true one.
    """
    study, draw = trial.study, np.random.default_rng(trial.study.seed)
    scores = []
    for _ in range(trial.limits.shuffles):
        shuffled = draw.permutation(study.examples.classes)
        for taught in (shuffled, (2 - shuffled).astype(np.int8)):
            said = walk(study.folds, study.controlled, study.examples.values, taught)[trial.rows]
            scores.append(trial.rank_ic(said))

    def mean(weights: Floats) -> float:
        return float(np.mean([score(weights) for score in scores]))

    once = np.ones(len(trial.rows))
    taught_nothing, claimed = mean(once), trial.rank_ic(trial.claimed)(once)
    error = deviation(mean, trial.weights)
    known = taught_nothing > max(HALF * claimed, LEAST) and taught_nothing > trial.limits.errors_apart * error
    said_so = (
        f"rank IC {taught_nothing:.3f} ± {error:.3f} with shuffled labels, {claimed:.3f} with the true ones"
    )
    if known:
        return blocked("shuffled labels", f"{said_so}: the learner knows the answers from elsewhere")
    return passed("shuffled labels", said_so)


def older_features_know_no_more(trial: Trial) -> Finding:
    """Features from one label length earlier do not predict better; if they do, a label is of the past."""
    shifted = _shifted(trial.study.examples, _earlier(trial.study.examples))
    if shifted is None:
        return passed("shift to the past", "the rows are too few to look one label length back")
    old, fresh, weights = _compared(trial, *shifted)

    def gain(row_weights: Floats) -> float:
        return old(row_weights) - fresh(row_weights)

    once, error = np.ones(weights.shape[1]), deviation(gain, weights)
    said_so = (
        f"rank IC {old(once):.3f} with features one label length older, {fresh(once):.3f} with fresh ones"
    )
    if gain(once) > max(trial.limits.errors_apart * error, LEAST):
        return blocked("shift to the past", f"{said_so}: the labels are of the time before their rows")
    return passed("shift to the past", said_so)


def the_future_would_know_more(trial: Trial) -> Finding:
    """Features taken from the label's end know it; a claim that comes near has seen it too."""
    shifted = _shifted(trial.study.examples, _later(trial.study.examples))
    if shifted is None:
        return passed("shift to the future", "the rows are too few to look one label length ahead")
    peeking, fresh, weights = _compared(trial, *shifted)
    seen = interval(peeking, weights, trial.limits.sure)
    claimed = interval(fresh, weights, trial.limits.sure)
    said_so = f"rank IC {seen.value:.3f} with features from the label's end, {claimed.value:.3f} as claimed"
    if seen.low > trial.limits.most_rank_ic and claimed.low > HALF * seen.value:
        return blocked("shift to the future", f"{said_so}: the claim knows what only the future could")
    return passed("shift to the future", said_so)


def _compared(trial: Trial, rows: Rows, values: Floats) -> tuple[Score, Score, Floats]:
    """Rank IC of a walk with other values and of the claim, both on the tested rows that have them."""
    study, examples = trial.study, trial.study.examples
    has = np.zeros(len(examples), np.bool_)
    has[rows] = True
    folds = [Fold(fold.train[has[fold.train]], fold.test[has[fold.test]]) for fold in study.folds]
    folds = [fold for fold in folds if len(fold.train) and len(fold.test)]
    tested = np.unique(np.concatenate([fold.test for fold in folds]))
    said = walk(folds, study.controlled, values, examples.classes)[tested]
    kept = examples.take(tested)
    came = outcome(kept)
    weights = redraws(kept.times_ns, trial.limits.bootstrap)
    return rank_ic_of(opinion(said), came), rank_ic_of(opinion(study.claimed[tested]), came), weights


def _shifted(examples: Examples, sources: Rows) -> tuple[Rows, Floats] | None:
    """Rows that have a row to take values from, and all values, those rows' being the other row's."""
    rows = np.flatnonzero(sources >= 0)
    if len(rows) < len(examples) // 2:
        return None
    values = examples.values.copy()
    values[rows] = examples.values[sources[rows]]
    return rows, values


def _earlier(examples: Examples) -> Rows:
    """For each row its instrument's latest row at least one label length before, -1 if there is none."""
    goals = 2 * examples.times_ns - examples.end_ns
    sources = np.full(len(examples), -1, np.int64)
    for own in _by_instrument(examples):
        places = np.searchsorted(examples.times_ns[own], goals[own], side="right") - 1
        there = places >= 0
        sources[own[there]] = own[places[there]]
    return sources


def _later(examples: Examples) -> Rows:
    """For each row its instrument's first row at or after the label's end, -1 if there is none."""
    sources = np.full(len(examples), -1, np.int64)
    for own in _by_instrument(examples):
        places = np.searchsorted(examples.times_ns[own], examples.end_ns[own], side="left")
        there = places < len(own)
        sources[own[there]] = own[places[there]]
    return sources


def _by_instrument(examples: Examples) -> list[Rows]:
    return [np.flatnonzero(examples.instruments == one) for one in np.unique(examples.instruments)]
