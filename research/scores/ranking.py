"""Scores of an order: does what was ranked high come more often, or rise more."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from research.dataset.examples import Floats, Rows, Times
from research.scores.bootstrap import Score, weighted


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
        if not len(order):
            return float("nan")
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
        if not len(order):
            return float("nan")
        ordered = weights[order]
        hits, seen = _steps(ordered * came, ends), _steps(ordered, ends)
        if hits[-1] == 0.0:
            return float("nan")
        gained = np.diff(hits, prepend=0.0)
        precision = np.divide(hits, seen, out=np.zeros_like(hits), where=seen > 0.0)
        return float(weighted(gained, precision) / hits[-1])

    return score


def ic_of(opinion: Floats, outcome: Floats) -> Score:
    """Pearson's correlation of opinion and outcome, 0 where one of the two never changes."""
    one, other = opinion - opinion.mean(), outcome - outcome.mean()
    columns = np.stack([one, other, one * one, other * other, one * other])

    def score(weights: Floats) -> float:
        first, second, squares, others, both = weighted(columns, weights) / weights.sum()
        scale = float(np.sqrt(max(squares - first * first, 0.0) * max(others - second * second, 0.0)))
        return float(both - first * second) / scale if scale > 0.0 else 0.0

    return score


def rank_ic_of(opinion: Floats, outcome: Floats) -> Score:
    """Spearman's correlation; a redraw keeps the ranks of the whole sample."""
    return ic_of(ranks(opinion), ranks(outcome))


def rank_ic_across_of(opinion: Floats, outcome: Floats, times_ns: Times) -> Score:
    """Spearman's correlation across the instruments of each moment, averaged over the moments.

    What all instruments did together, and what was said of all alike, does not count: it is about which.
    """
    _, first, place, rows = np.unique(times_ns, return_index=True, return_inverse=True, return_counts=True)
    one, other = _ranks_within(opinion, place), _ranks_within(outcome, place)
    scale = np.sqrt(np.bincount(place, one * one) * np.bincount(place, other * other))
    shared = np.bincount(place, one * other)
    each = np.divide(shared, scale, out=np.zeros_like(scale), where=scale > 0.0)
    several = rows > 1

    def score(weights: Floats) -> float:
        counted = weights[first] * several
        whole = counted.sum()
        return float(weighted(each, counted) / whole) if whole > 0.0 else 0.0

    return score


def _ranks_within(values: Floats, place: Rows) -> Floats:
    """Middle places among the rows of the same moment, from the moment's mean."""
    order = np.lexsort((values, place))
    fresh = np.diff(values[order], prepend=np.nan) != 0.0
    fresh |= np.diff(place[order], prepend=-1) != 0
    tie = np.cumsum(fresh) - 1
    middles = (np.bincount(tie, np.arange(len(order))) / np.bincount(tie))[tie]
    found = np.empty(len(order))
    found[order] = middles
    means: Floats = np.bincount(place, found) / np.bincount(place)
    return found - means[place]


def _falling(opinion: Floats) -> tuple[Rows, Rows]:
    """Rows from the highest opinion down, and the last place of each group of ties."""
    order = np.argsort(-opinion, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(opinion[order]) != 0.0, True))
    return order, ends


def _steps(values: Floats, ends: Rows) -> Floats:
    summed: Floats = np.cumsum(values)[ends]
    return summed
