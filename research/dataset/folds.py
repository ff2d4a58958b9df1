"""Which rows a model learns from and which it is tested on, so that no label is known from both sides."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from research.dataset.examples import Rows, Times
from shared.failures import Refused


class Fold(NamedTuple):
    """Row numbers in time order: those to learn from, and those to be tested on."""

    train: Rows
    test: Rows


class WalkForward(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the time axis is cut: a first stretch to learn from, then tests of equal length."""

    tests: Annotated[int, Meta(ge=1)] = 5
    first_share: Annotated[float, Meta(gt=0.0, lt=1.0)] = 0.4
    embargo_ns: Annotated[int, Meta(ge=0)] = 0
    window_ns: Annotated[int, Meta(gt=0)] | None = None


@dataclass(frozen=True)
class Combinatorial:
    """How many groups the time axis has, and how many of them are tested together."""

    groups: int = 6
    tested: int = 2
    embargo_ns: int = 0


def walk_forward(times_ns: Times, end_ns: Times, plan: WalkForward) -> list[Fold]:
    """One fold a test, each learning only from labels that ended an embargo before the test begins."""
    moments = np.unique(times_ns)
    first = int(len(moments) * plan.first_share)
    if first < 1 or len(moments) - first < plan.tests:
        raise Refused(f"{plan.tests} tests want more moments than the {len(moments)} there are")
    folds = []
    for part in np.array_split(moments[first:], plan.tests):
        test = np.flatnonzero((times_ns >= part[0]) & (times_ns <= part[-1]))
        learnt = (end_ns <= part[0] - plan.embargo_ns) & (times_ns < part[0])
        if plan.window_ns is not None:
            learnt &= times_ns >= part[0] - plan.window_ns
        folds.append(_fold(learnt, test))
    return folds


def combinatorial(times_ns: Times, end_ns: Times, plan: Combinatorial) -> list[Fold]:
    """Every choice of tested groups of time; what touches one or follows too soon is left out."""
    if not 1 <= plan.tested < plan.groups:
        raise Refused(
            f"of {plan.groups} groups between 1 and {plan.groups - 1} are tested, not {plan.tested}"
        )
    moments = np.unique(times_ns)
    if len(moments) < plan.groups:
        raise Refused(f"{plan.groups} groups want more moments than the {len(moments)} there are")
    parts = np.array_split(moments, plan.groups)
    members = [(times_ns >= part[0]) & (times_ns <= part[-1]) for part in parts]
    return [
        _around([members[group] for group in chosen], times_ns, end_ns, plan.embargo_ns)
        for chosen in combinations(range(plan.groups), plan.tested)
    ]


def crossing(times_ns: Times, end_ns: Times, fold: Fold) -> int:
    """How many training labels span a time that a test row's label spans too."""
    if not len(fold.train) or not len(fold.test):
        return 0
    starts, ends = np.sort(times_ns[fold.test]), np.sort(end_ns[fold.test])
    begun = np.searchsorted(starts, end_ns[fold.train], side="left")
    over = np.searchsorted(ends, times_ns[fold.train], side="right")
    return int(np.count_nonzero(begun > over))


def _around(groups: list[npt.NDArray[np.bool_]], times_ns: Times, end_ns: Times, embargo_ns: int) -> Fold:
    learnt = np.ones(len(times_ns), np.bool_)
    for group in groups:
        from_ns, until_ns = times_ns[group].min(), end_ns[group].max()
        learnt &= (end_ns <= from_ns - embargo_ns) | (times_ns >= until_ns + embargo_ns)
    return _fold(learnt, np.flatnonzero(np.logical_or.reduce(groups)))


def _fold(learnt: npt.NDArray[np.bool_], test: Rows) -> Fold:
    train = np.flatnonzero(learnt)
    if not len(train):
        raise Refused("a fold has no row left to learn from; give more history, fewer tests or less embargo")
    return Fold(train, test)
