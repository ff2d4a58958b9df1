"""The walk test by test and member by member, for the report."""

from __future__ import annotations

from typing import Final

import numpy as np

from research.dataset.examples import Examples, Floats
from research.dataset.folds import Fold
from research.honesty.study import Study
from research.scores.bootstrap import interval, redraws
from research.scores.card import opinion, outcome
from research.scores.classes import accuracy_of, log_loss_of, majority_of
from research.scores.ranking import rank_ic_of
from research.training.made import Made
from research.training.outcome import FoldLine, MemberLine, Universe
from shared.block import Block

GONE: Final = 10
"""So many bars before the tape's end an instrument's last bar says that it has left."""


def universe_of(bars: Block, *, synthetic: bool) -> Universe:
    """How many instruments the tape has, and how many of them end before it does."""
    moments = np.unique(bars["event_time_ns"])
    names, place = np.unique(bars["instrument"], return_inverse=True)
    last = np.zeros(len(names), np.int64)
    np.maximum.at(last, place, bars["event_time_ns"])
    left = int(np.sum(last < moments[-min(GONE, len(moments))]))
    return Universe(instruments=len(names), left=left, synthetic=synthetic)


def fold_lines(study: Study, base: Floats) -> tuple[FoldLine, ...]:
    """A line a test."""
    return tuple(_fold_line(number, fold, study, base) for number, fold in enumerate(study.folds, 1))


def _fold_line(number: int, fold: Fold, study: Study, base: Floats) -> FoldLine:
    tested, said = study.examples.take(fold.test), study.claimed[fold.test]
    once = np.ones(len(fold.test))
    return FoldLine(
        number=number,
        from_ns=int(tested.times_ns[0]),
        until_ns=int(tested.times_ns[-1]),
        train_rows=len(fold.train),
        test_rows=len(fold.test),
        log_loss=log_loss_of(said, tested.classes)(once),
        log_loss_base=log_loss_of(base[fold.test], tested.classes)(once),
        rank_ic=rank_ic_of(opinion(said), outcome(tested))(once),
        accuracy=accuracy_of(said, tested.classes)(once),
        majority_accuracy=majority_of(tested.classes, 3)(once),
    )


def member_lines(study: Study, made: list[Made]) -> tuple[MemberLine, ...]:
    """A line a member, by what the model of each test's training rows had said of the test."""
    names = study.examples.names
    said = [
        one.predictor(names).members(study.examples.values[fold.test].astype(np.float32).astype(np.float64))
        for one, fold in zip(made, study.folds, strict=True)
    ]
    tested = study.examples.take(np.concatenate([fold.test for fold in study.folds]))
    weights = redraws(tested.times_ns, study.limits.bootstrap)
    whole = np.concatenate(said)
    return tuple(
        _member_line(piece.name, piece.kind, whole[:, place], tested, weights)
        for place, piece in enumerate(made[-1].pieces)
    )


def _member_line(name: str, kind: str, said: Floats, tested: Examples, weights: Floats) -> MemberLine:
    value, low, high = interval(rank_ic_of(opinion(said), outcome(tested)), weights)
    return MemberLine(
        name=name,
        kind=kind,
        log_loss=log_loss_of(said, tested.classes)(np.ones(len(tested))),
        rank_ic=value,
        rank_ic_low=low,
        rank_ic_high=high,
    )
