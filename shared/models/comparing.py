"""A challenger against the active model on the same closes, with an interval that may be looked at every day.

Opinion is the probability of buy less that of sell, outcome the log return over the horizon. Both are
standardised over the sample, so that the mean of their product over closes is the information coefficient and
a difference of two of them is the mean of one series. Its interval is an asymptotic confidence sequence
(Waudby-Smith and others, 2021): it covers at all looks together, so that waiting for luck does not help.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from shared.block import Block
from shared.failures import Refused
from shared.models.evidence import Comparison
from shared.store.rows import ModelRow
from shared.time import SECOND_NS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[Any]

NOT_WARM: Final = 1
ALPHA: Final = 0.05
APART: Final = 4
"""Horizons in a stretch where the outcomes of neighbouring closes overlap."""
FEWEST: Final = 50
"""Stretches below which an average is not near enough to a normal one."""
TIGHTEST_AT: Final = 500
"""The number of stretches for which the interval is made narrowest."""


class _Answers(NamedTuple):
    """What both models said of the same closes, and what came."""

    times: Ints
    active: Floats
    challenger: Floats
    outcome: Floats
    agree: npt.NDArray[np.bool_]


def compare(predictions: Block, bars: Block, active: ModelRow, challenger: ModelRow) -> Comparison:
    """Both coefficients and their difference; too few closes are refused, not guessed at."""
    answers = _answers(predictions, bars, active, challenger)
    stretch_ns = _stretch_ns(active)
    stretches = len(np.unique(answers.times // stretch_ns))
    if stretches < FEWEST:
        raise Refused(
            f"{active.title} and {challenger.title} have {stretches} stretches of {stretch_ns / SECOND_NS:g} "
            f"s with both predictions and an outcome, {FEWEST} are wanted"
        )
    weights = _weights(answers.times)
    outcome = _standard(answers.outcome, weights)
    one = _standard(answers.active, weights) * outcome
    two = _standard(answers.challenger, weights) * outcome
    return Comparison(
        against=active.address,
        rows=len(answers.times),
        moments=len(np.unique(answers.times)),
        from_ns=int(answers.times.min()),
        until_ns=int(answers.times.max()),
        active=sequence(_means(one, answers, stretch_ns)),
        challenger=sequence(_means(two, answers, stretch_ns)),
        difference=sequence(_means(two - one, answers, stretch_ns)),
        agreement=float(answers.agree.mean()),
    )


def sequence(series: Floats, alpha: float = ALPHA) -> tuple[float, float, float]:
    """The mean so far, and an interval that holds at every length of the series with this certainty."""
    n = len(series)
    loose = -2.0 * math.log(alpha)
    tuned = (loose + math.log(loose + 1.0)) / TIGHTEST_AT
    grown = n * tuned + 1.0
    half = float(np.std(series)) * math.sqrt(
        2.0 * grown / (n * n * tuned) * math.log(math.sqrt(grown) / alpha)
    )
    mean = float(np.mean(series))
    return mean, mean - half, mean + half


def _answers(predictions: Block, bars: Block, active: ModelRow, challenger: ModelRow) -> _Answers:
    closes = _by_place(bars["event_time_ns"], bars["instrument"], bars["close"])
    said = [_said(predictions, row.model) for row in (active, challenger)]
    places = sorted(said[0].keys() & said[1].keys())
    later = [(time + active.horizon_ns, instrument) for time, instrument in places]
    known = [i for i, place in enumerate(places) if closes.get(place, 0) > 0 and closes.get(later[i], 0) > 0]
    one, two = (np.array([each[places[i]] for i in known]).reshape(-1, 3) for each in said)
    outcome = np.array([math.log(closes[later[i]] / closes[places[i]]) for i in known])
    return _Answers(
        np.array([places[i][0] for i in known], np.int64),
        one[:, 2] - one[:, 0],
        two[:, 2] - two[:, 0],
        outcome,
        one.argmax(axis=1) == two.argmax(axis=1),
    )


def _said(predictions: Block, model: int) -> dict[tuple[int, int], list[float]]:
    """What a model said of each close and instrument, in whatever stage it was then."""
    rows = predictions.take(
        np.flatnonzero((predictions["model"] == model) & (predictions["flags"] & NOT_WARM == 0))
    )
    return _by_place(rows["event_time_ns"], rows["instrument"], rows["probabilities"])


def _by_place(times: Ints, instruments: Ints, values: Ints) -> dict[tuple[int, int], Any]:
    return dict(zip(zip(times.tolist(), instruments.tolist(), strict=True), values.tolist(), strict=True))


def _weights(times: Ints) -> Floats:
    """Every close counts the same, however many instruments it has."""
    _, place, sizes = np.unique(times, return_inverse=True, return_counts=True)
    return 1.0 / (sizes[place] * len(sizes))


def _standard(values: Floats, weights: Floats) -> Floats:
    centred = values - values @ weights
    scale = math.sqrt(float((centred * centred) @ weights))
    return centred / scale if scale > 0.0 else np.zeros_like(centred)


def _means(values: Floats, answers: _Answers, stretch_ns: int) -> Floats:
    """The mean of each close, and of these the mean of each stretch."""
    moments, place, sizes = np.unique(answers.times, return_inverse=True, return_counts=True)
    closes = np.bincount(place, values) / sizes
    _, stretch, lengths = np.unique(moments // stretch_ns, return_inverse=True, return_counts=True)
    means: Floats = np.bincount(stretch, closes) / lengths
    return means


def _stretch_ns(row: ModelRow) -> int:
    """Closes whose outcomes overlap belong together, so that one stretch says little about the next."""
    return row.horizon_ns if row.horizon_ns <= row.interval_ns else APART * row.horizon_ns
