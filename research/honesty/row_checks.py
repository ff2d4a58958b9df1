"""Checks of the rows and folds themselves: nothing is learnt that is tested, and no feature is the label."""

from __future__ import annotations

import numpy as np

from research.dataset.examples import Floats
from research.dataset.folds import Fold, crossing
from research.honesty.trial import Trial
from research.honesty.verdict import Finding, blocked, passed
from research.labels.next_bar import BUY, HOLD, SELL
from research.scores.card import outcome
from research.scores.ranking import auc_of, rank_ic_of


def folds_are_apart(trial: Trial) -> Finding:
    """Each fold learns from labels that had ended, an embargo before its first test row."""
    study, examples = trial.study, trial.study.examples
    for number, fold in enumerate(study.folds):
        from_ns = int(examples.times_ns[fold.test].min())
        if shared := len(np.intersect1d(fold.train, fold.test)):
            return blocked("folds", f"fold {number} is tested on {shared} rows that it learnt from")
        if count := crossing(examples.times_ns, examples.end_ns, fold):
            return blocked(
                "folds", f"fold {number} learns from {count} labels that overlap its test: purge them"
            )
        if count := int(np.sum(examples.times_ns[fold.train] >= from_ns)):
            return blocked(
                "folds", f"fold {number} learns from {count} rows that are later than its test begins"
            )
        late = examples.end_ns[fold.train] > from_ns - study.embargo_ns
        if count := int(np.sum(late)):
            return blocked("folds", f"fold {number} learns from {count} labels that end within the embargo")
    if sum(len(fold.test) for fold in study.folds) > len(trial.rows):
        return blocked("folds", "a row is tested in more than one fold and so counts twice")
    return passed("folds", f"{len(study.folds)} folds learn only from labels that had ended")


def no_row_has_a_twin(trial: Trial) -> Finding:
    """Rows that are tested are not copies of rows that were learnt."""
    examples = trial.study.examples
    whole = np.ascontiguousarray(np.column_stack([examples.values, examples.returns]))
    keys = np.unique(whole, axis=0, return_inverse=True)[1].reshape(-1)
    share = max(_twins(keys, examples.returns, fold) for fold in trial.study.folds)
    if share > trial.limits.most_twins:
        return blocked("twins", f"{share:.1%} of a fold's test rows are copies of rows that it learnt from")
    return passed("twins", "no more than a chance few test rows equal a row that was learnt")


def no_feature_is_the_label(trial: Trial) -> Finding:
    """No single feature tells the outcome better than anything honest could."""
    examples, limits = trial.study.examples, trial.limits
    came = outcome(examples)
    once = np.ones(len(examples))
    for column, name in enumerate(examples.names):
        values = np.nan_to_num(examples.values[:, column])
        tie = abs(rank_ic_of(values, came)(once))
        if tie > limits.most_feature_correlation:
            return blocked("identity", f"feature {name} is the label or its copy: rank correlation {tie:.2f}")
        for one in (SELL, HOLD, BUY):
            apart = auc_of(values, examples.classes == one)(once)
            if max(apart, 1.0 - apart) > limits.most_feature_auc:
                return blocked("identity", f"feature {name} alone tells class {one}: AUC {apart:.2f}")
    return passed("identity", "no single feature is the label")


def _twins(keys: np.ndarray[tuple[int], np.dtype[np.int64]], returns: Floats, fold: Fold) -> float:
    moved = fold.test[returns[fold.test] != 0.0]
    return float(np.mean(np.isin(keys[moved], keys[fold.train]))) if len(moved) else 0.0
