"""Every score of a walk with its interval, beside what knowing only the base rates would have scored."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
import numpy as np

from research.dataset.examples import Classes, Examples, Floats
from research.labels.next_bar import BUY, SELL
from research.scores.bootstrap import Bootstrap, Score, interval, redraws
from research.scores.calibration import Bin, expected_error_of, reliability
from research.scores.classes import (
    accuracy_of,
    balanced_accuracy_of,
    brier_of,
    log_loss_of,
    majority_of,
    share_of,
)
from research.scores.plain import standardised
from research.scores.ranking import auc_of, ic_of, pr_auc_of, rank_ic_across_of, rank_ic_of

CLASS_NAMES = ("sell", "hold", "buy")


class Measured(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A score, its 95 % interval, and the score of the base rates on the same rows."""

    name: str
    value: float
    low: float
    high: float
    base: float


class Scorecard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that is said of how good predictions were."""

    rows: int
    class_rows: dict[str, int]
    majority_accuracy: float
    scores: tuple[Measured, ...]
    reliability: dict[str, tuple[Bin, ...]]

    def __getitem__(self, name: str) -> Measured:
        return next(score for score in self.scores if score.name == name)


def score(tested: Examples, probabilities: Floats, base: Floats, plan: Bootstrap) -> Scorecard:
    """The card of predictions on rows never learnt from; the base is what each row's training rates were.

    A score that these rows cannot tell, such as how buys are ranked where none came, is left out.
    """
    weights = redraws(tested.times_ns, plan)
    measured = [_measured(name, of(probabilities), of(base), weights) for name, of in _kinds(tested)]
    measured = [one for one in measured if np.isfinite([one.value, one.low, one.high, one.base]).all()]
    rates = np.bincount(tested.classes, minlength=probabilities.shape[1])
    curves = {
        name: tuple(reliability(probabilities[:, number], (tested.classes == number).astype(np.float64)))
        for number, name in enumerate(CLASS_NAMES)
    }
    return Scorecard(
        rows=len(tested),
        class_rows=dict(zip(CLASS_NAMES, (int(rate) for rate in rates), strict=True)),
        majority_accuracy=majority_of(tested.classes, len(rates))(np.ones(len(tested))),
        scores=(*measured, *_shares(tested.classes, weights)),
        reliability=curves,
    )


def opinion(probabilities: Floats) -> Floats:
    """How much a row leans to buy."""
    leaning: Floats = probabilities[:, BUY] - probabilities[:, SELL]
    return leaning


def outcome(tested: Examples) -> Floats:
    """What came, in units of each instrument's own deviation."""
    return standardised(tested.returns, tested.instruments)


def _kinds(tested: Examples) -> Iterator[tuple[str, Callable[[Floats], Score]]]:
    classes, came = tested.classes, outcome(tested)
    yield "accuracy", lambda said: accuracy_of(said, classes)
    yield "balanced_accuracy", lambda said: balanced_accuracy_of(said, classes)
    yield "log_loss", lambda said: log_loss_of(said, classes)
    yield "brier", lambda said: brier_of(said, classes)
    yield "calibration_error", lambda said: expected_error_of(said, classes)
    yield "auc_buy", lambda said: auc_of(said[:, BUY], classes == BUY)
    yield "auc_sell", lambda said: auc_of(said[:, SELL], classes == SELL)
    yield "pr_auc_buy", lambda said: pr_auc_of(said[:, BUY], classes == BUY)
    yield "pr_auc_sell", lambda said: pr_auc_of(said[:, SELL], classes == SELL)
    yield "ic", lambda said: ic_of(opinion(said), came)
    yield "rank_ic", lambda said: rank_ic_of(opinion(said), came)
    yield "rank_ic_across", lambda said: rank_ic_across_of(opinion(said), came, tested.times_ns)


def _measured(name: str, of_model: Score, of_base: Score, weights: Floats) -> Measured:
    value, low, high = interval(of_model, weights)
    return Measured(name=name, value=value, low=low, high=high, base=of_base(np.ones(weights.shape[1])))


def _shares(classes: Classes, weights: Floats) -> Iterator[Measured]:
    for number, name in enumerate(CLASS_NAMES):
        value, low, high = interval(share_of(classes, number), weights)
        yield Measured(name=f"share_{name}", value=value, low=low, high=high, base=value)
