"""How sure a score is: the same score over redraws of time, in blocks so that neighbours stay together."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Annotated, NamedTuple

import msgspec
import numpy as np
from msgspec import Meta

from research.dataset.examples import Floats, Rows, Times

Score = Callable[[Floats], float]


class Drawing(Enum):
    """Whether the blocks have one length, or lengths drawn around it."""

    CIRCULAR = "circular"
    STATIONARY = "stationary"


class Bootstrap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often time is redrawn and in what blocks; a block of 0 moments takes their cube root."""

    drawing: Drawing = Drawing.STATIONARY
    draws: Annotated[int, Meta(ge=20)] = 200
    block: Annotated[int, Meta(ge=0)] = 0
    seed: int = 0


class Interval(NamedTuple):
    """A score, and between what it lies."""

    value: float
    low: float
    high: float


def redraws(times_ns: Times, plan: Bootstrap) -> Floats:
    """How often each row counts in each redraw; all rows of a moment are drawn together."""
    moments, place = np.unique(times_ns, return_inverse=True)
    picks = _picks(len(moments), plan)
    counts = np.zeros((plan.draws, len(moments)))
    np.add.at(counts, (np.arange(plan.draws)[:, None], picks), 1.0)
    return counts[:, place]


def block_length(moments: int, plan: Bootstrap) -> int:
    """The moments of a block: as asked for, or enough for a score whose memory is short."""
    return min(plan.block or max(1, round(float(np.cbrt(moments)))), moments)


def interval(score: Score, weights: Floats, sure: float = 0.95) -> Interval:
    """The score of the rows as they are, and the middle share of the scores of their redraws."""
    value = score(np.ones(weights.shape[1]))
    drawn = np.array([score(row) for row in weights])
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return Interval(value, -np.inf, np.inf)
    low, high = np.quantile(drawn, [(1.0 - sure) / 2.0, (1.0 + sure) / 2.0])
    return Interval(value, float(low), float(high))


def weighted(columns: Floats, weights: Floats) -> Floats:
    """The weighted sum of the last axis: one thread, one order of adding; a BLAS promises neither."""
    summed: Floats = np.einsum("...n,n->...", columns, weights)
    return summed


def deviation(score: Score, weights: Floats) -> float:
    """The standard error of a score."""
    drawn = np.array([score(row) for row in weights])
    return float(np.std(drawn[np.isfinite(drawn)], ddof=1))


def _picks(moments: int, plan: Bootstrap) -> Rows:
    draw = np.random.default_rng(plan.seed)
    length = block_length(moments, plan)
    shape = (plan.draws, moments)
    starts = draw.integers(0, moments, shape)
    if plan.drawing is Drawing.CIRCULAR:
        fresh = np.broadcast_to(np.arange(moments) % length == 0, shape)
    else:
        fresh = draw.random(shape) < 1.0 / length
        fresh[:, 0] = True
    position = np.arange(moments)
    since = np.maximum.accumulate(np.where(fresh, position, 0), axis=1)
    begun: Rows = np.take_along_axis(starts, since, axis=1)
    return (begun + position - since) % moments
