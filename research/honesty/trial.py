"""What several checks want to know of a study, worked out once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from research.dataset.examples import Examples, Floats, Rows
from research.honesty.limits import Limits
from research.honesty.study import Study, walk
from research.honesty.verdict import Finding
from research.scores.bootstrap import Interval, Score, interval, redraws
from research.scores.card import opinion, outcome
from research.scores.ranking import rank_ic_of


@dataclass(frozen=True)
class Trial:
    """The tested rows, what the study claims of them, and what its learner says when asked again."""

    study: Study
    rows: Rows
    tested: Examples
    claimed: Floats
    again: Floats
    weights: Floats

    @property
    def limits(self) -> Limits:
        """Where the lines are drawn."""
        return self.study.limits

    def rank_ic(self, probabilities: Floats) -> Score:
        """How well these predictions rank what came of the tested rows."""
        return rank_ic_of(opinion(probabilities), outcome(self.tested))

    def skill(self) -> Interval:
        """The claimed rank IC, with the interval that the gate goes by."""
        return interval(self.rank_ic(self.claimed), self.weights, self.limits.sure)


Check = Callable[[Trial], Finding]


def prepare(study: Study) -> Trial:
    """Runs the study's learner over its folds, on its rows and nothing else."""
    rows = study.tested()
    tested = study.examples.take(rows)
    again = walk(study.folds, study.learner, study.examples.values, study.examples.classes)[rows]
    weights = redraws(tested.times_ns, study.limits.bootstrap)
    return Trial(study, rows, tested, study.claimed[rows], again, weights)
