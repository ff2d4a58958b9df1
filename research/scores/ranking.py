"""Scores of an order: does what was ranked high come more often, or rise more."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from research.dataset.examples import Floats, Rows
from research.scores.bootstrap import Score


def ranks(values: Floats) -> Floats:
    """Places from 1, equal values sharing the middle of their places."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(sizes)
    middles: Floats = (last - sizes + 1 + last) / 2.0
    return middles[group]


def auc_of(opinion: Floats, positive: npt.NDArray[np.bool_]) -> Score:
    """The chance that a positive row is ranked above a negative one, ties counting half."""
    order, ends = _falling(opinion)
    came = positive[order].astype(np.float64)

    def score(weights: Floats) -> float:
        ordered = weights[order]
        hits, misses = _steps(ordered * came, ends), _steps(ordered * (1.0 - came), ends)
        whole = hits[-1] * misses[-1]
        if whole == 0.0:
            return float("nan")
        before = np.concatenate([[0.0], hits[:-1]])
        return float(np.sum(np.diff(misses, prepend=0.0) * (before + hits) / 2.0) / whole)

    return score


def pr_auc_of(opinion: Floats, positive: npt.NDArray[np.bool_]) -> Score:
    """Average precision: the precision at each step of recall; a blind guess scores the base rate."""
    order, ends = _falling(opinion)
    came = positive[order].astype(np.float64)

    def score(weights: Floats) -> float:
        ordered = weights[order]
        hits, seen = _steps(ordered * came, ends), _steps(ordered, ends)
        if hits[-1] == 0.0:
            return float("nan")
        gained = np.diff(hits, prepend=0.0)
        precision = np.divide(hits, seen, out=np.zeros_like(hits), where=seen > 0.0)
        return float(gained @ precision / hits[-1])

    return score


def ic_of(opinion: Floats, outcome: Floats) -> Score:
    """Pearson's correlation of opinion and outcome, 0 where one of the two never changes."""

    def score(weights: Floats) -> float:
        whole = weights.sum()
        one = opinion - opinion @ weights / whole
        other = outcome - outcome @ weights / whole
        scale = float(np.sqrt((one * one @ weights) * (other * other @ weights)))
        return float((one * other) @ weights) / scale if scale > 0.0 else 0.0

    return score


def rank_ic_of(opinion: Floats, outcome: Floats) -> Score:
    """Spearman's correlation; a redraw keeps the ranks of the whole sample."""
    return ic_of(ranks(opinion), ranks(outcome))


def _falling(opinion: Floats) -> tuple[Rows, Rows]:
    """Rows from the highest opinion down, and the last place of each group of ties."""
    order = np.argsort(-opinion, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(opinion[order]) != 0.0, True))
    return order, ends


def _steps(values: Floats, ends: Rows) -> Floats:
    summed: Floats = np.cumsum(values)[ends]
    return summed
