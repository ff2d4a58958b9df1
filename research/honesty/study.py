"""Everything that a claimed score rests on: the rows, the folds, the learner, and the tape behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from research.dataset.examples import Classes, Examples, Floats, Rows, Times
from research.dataset.folds import Fold
from research.honesty.limits import Limits

UNKNOWN = -1

Model = Callable[[Floats], Floats]
Learner = Callable[[Floats, Classes], Model]


@runtime_checkable
class Placed(Protocol):
    """A learner that wants to know which rows it is given: their spans tell how much each counts."""

    def on(self, rows: Rows) -> Learner:
        """The learner for these rows."""
        ...


AnyLearner = Learner | Placed


class Source(Protocol):
    """Makes the rows of a study again, from a tape that ends where it is told to."""

    def values(self, until_ns: int) -> Floats:
        """The features of the study's rows; those of rows after the cut mean nothing."""
        ...

    def classes(self, until_ns: int) -> Classes:
        """The labels of the study's rows, UNKNOWN where the cut tape does not hold the outcome."""
        ...

    def eligible(self) -> tuple[Times, npt.NDArray[np.int32]]:
        """Time and instrument of every row that the universe of its day held."""
        ...

    def served(self, rows: Rows) -> Floats:
        """The features that the live service gave, or would have given, for these rows."""
        ...


@dataclass(frozen=True)
class Study:
    """A claim to be judged: these probabilities were predicted for the tested rows of these folds.

    Controls that teach many times ask `control`, a lighter learner on the same rows, where one is given.
    """

    examples: Examples
    folds: Sequence[Fold]
    learner: AnyLearner
    claimed: Floats
    source: Source
    embargo_ns: int = 0
    limits: Limits = field(default_factory=Limits)
    seed: int = 0
    control: AnyLearner | None = None

    @property
    def controlled(self) -> AnyLearner:
        """Who is asked again with one thing changed."""
        return self.learner if self.control is None else self.control

    def tested(self) -> Rows:
        """Every row that a fold tests, in time order."""
        return np.unique(np.concatenate([fold.test for fold in self.folds]))


def placed(learner: AnyLearner, rows: Rows) -> Learner:
    """The learner that is to be taught these rows."""
    return learner.on(rows) if isinstance(learner, Placed) else learner


def walk(folds: Sequence[Fold], learner: AnyLearner, values: Floats, classes: Classes) -> Floats:
    """Learns in each fold and predicts its tested rows; rows that no fold tests stay NaN."""
    predicted = np.full((len(values), 3), np.nan)
    for fold in folds:
        taught = placed(learner, fold.train)(values[fold.train], classes[fold.train])
        predicted[fold.test] = taught(values[fold.test])
    return predicted


def base_rates(folds: Sequence[Fold], classes: Classes) -> Floats:
    """What knowing only the class shares of a fold's training rows would have predicted."""
    predicted = np.full((len(classes), 3), np.nan)
    for fold in folds:
        predicted[fold.test] = np.bincount(classes[fold.train], minlength=3) / len(fold.train)
    return predicted
