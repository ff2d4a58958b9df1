"""Rows that a family learns from: with the span of each label, so that they can be cut again by time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from research.dataset.examples import Classes, Floats, Rows, Times
from research.dataset.folds import Fold
from research.members.lesson import CLASSES, CPU, Device, Lesson, Settings, Singles, doubting
from research.training.weights import balance, uniqueness

FEWEST_LEARNT = 200
FEWEST_TESTED = 50


@dataclass(frozen=True)
class Terms:
    """What holds for every course of a training: where time is cut, what rows weigh, what is tuned."""

    cuts_ns: tuple[int, ...] = ()
    embargo_ns: int = 0
    balanced: bool = False
    trials: int = 0
    seed: int = 0
    device: Device = CPU
    settings: Mapping[str, Settings] = field(default_factory=dict)


@dataclass(frozen=True)
class Course:
    """Rows in time order; values are 32-bit, as they are where a model is served."""

    names: tuple[str, ...]
    values: Singles
    classes: Classes
    times_ns: Times
    end_ns: Times
    instruments: npt.NDArray[np.int32]
    terms: Terms

    def __len__(self) -> int:
        return len(self.classes)

    def take(self, rows: Rows) -> Course:
        """Some of the rows."""
        return replace(
            self,
            values=self.values[rows],
            classes=self.classes[rows],
            times_ns=self.times_ns[rows],
            end_ns=self.end_ns[rows],
            instruments=self.instruments[rows],
        )

    @property
    def weights(self) -> Floats:
        """What each row counts among these rows: it depends on no other row."""
        unique = uniqueness(self.times_ns, self.end_ns, self.instruments)
        counted = unique * balance(self.classes, CLASSES) if self.terms.balanced else unique
        weights: Floats = counted / counted.mean()
        return weights

    def lesson(self) -> Lesson:
        """What a member is given."""
        values = np.ascontiguousarray(self.values)
        return doubting(Lesson(values, self.classes, self.weights, self.terms.seed, self.terms.device))

    def blocks(self) -> Iterator[Fold]:
        """The tests within these rows, each with the rows whose labels had ended an embargo before."""
        cuts = np.array(self.terms.cuts_ns, np.int64)
        for number, from_ns in enumerate(cuts):
            until_ns = cuts[number + 1] if number + 1 < len(cuts) else np.iinfo(np.int64).max
            learnt = (self.end_ns <= from_ns - self.terms.embargo_ns) & (self.times_ns < from_ns)
            tested = (self.times_ns >= from_ns) & (self.times_ns < until_ns)
            train, test = np.flatnonzero(learnt), np.flatnonzero(tested)
            if len(train) >= FEWEST_LEARNT and len(test) >= FEWEST_TESTED:
                yield Fold(train, test)

    def settings(self, member: str, usual: Settings) -> Settings:
        """The usual settings with what was tuned instead."""
        return {**usual, **self.terms.settings.get(member, {})}
