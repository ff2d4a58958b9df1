"""Are test rows told from training rows: if far better than two training parts, they were made apart."""

from __future__ import annotations

import numpy as np

from research.dataset.examples import Floats, Rows
from research.honesty.study import Study, placed
from research.honesty.trial import Trial
from research.honesty.verdict import Finding, blocked, passed
from research.labels.next_bar import BUY, SELL
from research.scores.card import opinion
from research.scores.ranking import auc_of


def tested_and_learnt_rows_are_alike(trial: Trial) -> Finding:
    """The study's own learner tries to tell them apart, and then two neighbouring training parts."""
    study, limits = trial.study, trial.limits
    fold = study.folds[-1]
    size = min(len(fold.test), len(fold.train) // 2)
    recent, older = fold.train[-size:], fold.train[-2 * size : -size]
    clock = _clock(study, fold.train, fold.test)
    if clock is not None and clock[1] >= limits.clock_auc:
        name, apart = clock
        return blocked(
            "adversarial", f"feature {name} alone tells test from training (AUC {apart:.3f}): a clock"
        )
    apart, usual = _told_apart(study, recent, fold.test), _told_apart(study, older, recent)
    said_so = (
        f"test rows are told from training rows with AUC {apart:.2f}, two training parts with {usual:.2f}"
    )
    if apart > limits.most_told_apart and apart - usual > limits.told_apart_more:
        return blocked("adversarial", f"{said_so}: they were not made in the same way")
    return passed("adversarial", said_so)


def _told_apart(study: Study, one: Rows, other: Rows) -> float:
    """Learnt on every second moment, scored on those between."""
    rows = np.concatenate([one, other])
    side = np.where(np.isin(rows, other), BUY, SELL).astype(np.int8)
    odd = np.unique(study.examples.times_ns[rows], return_inverse=True)[1] % 2 == 1
    values = study.examples.values[rows]
    said = placed(study.controlled, rows[~odd])(values[~odd], side[~odd])(values[odd])
    return auc_of(opinion(said), side[odd] == BUY)(np.ones(int(odd.sum())))


def _clock(study: Study, train: Rows, test: Rows) -> tuple[str, float] | None:
    """The feature that by itself tells the two best."""
    rows = np.concatenate([train, test])
    later = np.arange(len(rows)) >= len(train)
    once = np.ones(len(rows))

    def apart(values: Floats) -> float:
        filled = np.nan_to_num(values)
        off = np.abs(filled - filled[: len(train)].mean())
        found = [auc_of(told, later)(once) for told in (filled, off)]
        return max(*found, 1.0 - min(found))

    each = [apart(study.examples.values[rows, column]) for column in range(len(study.examples.names))]
    if not each:
        return None
    best = int(np.argmax(each))
    return study.examples.names[best], each[best]
