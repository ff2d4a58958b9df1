"""Multinomial logistic regression by Newton's method: what a linear booster creeps towards, in four steps."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from research.dataset.examples import Floats
from research.members.lesson import CLASSES, Choice, Lesson, MemberRule, Settings, Singles
from services.inference import arrays

FLAT: Final = 1e-12
"""A feature whose deviation is below this never moves, and is divided by 1."""


class Linear(NamedTuple):
    """Standardised features times weights plus bias, through a softmax; a missing value is the mean."""

    mean: Floats
    scale: Floats
    weights: Floats
    bias: Floats


def fit(lesson: Lesson, settings: Settings) -> bytes:
    """The arrays of the regression."""
    made = regress(lesson, float(settings["ridge"]), int(settings["steps"]))
    return arrays.encode("linear", made._asdict())


def regress(lesson: Lesson, ridge: float, steps: int) -> Linear:
    """Newton's steps on the penalised likelihood; the bias is not penalised."""
    mean, scale, known = standardised(lesson.values)
    width = known.shape[1] - 1
    wanted = np.eye(CLASSES)[lesson.classes]
    count = lesson.weights / lesson.weights.mean()
    theta = np.zeros((width + 1, CLASSES))
    penalty = np.tile(np.append(np.full(width, ridge), 1e-9), CLASSES)
    for _ in range(steps):
        said = _softmax(known @ theta)
        slope = known.T @ ((said - wanted) * count[:, None])
        bent = _hessian(known, said, count) + np.diag(penalty)
        step = np.linalg.solve(bent, slope.T.ravel() + penalty * theta.T.ravel())
        theta -= step.reshape(CLASSES, width + 1).T
    return Linear(mean, scale, np.ascontiguousarray(theta[:width]), np.ascontiguousarray(theta[width]))


def standardised(values: Singles) -> tuple[Floats, Floats, Floats]:
    """Mean, scale, and the rows in units of both with a column of ones."""
    rows = values.astype(np.float64)
    mean = np.nan_to_num(np.nanmean(rows, axis=0))
    scale = np.nanstd(rows, axis=0)
    scale = np.where(scale > FLAT, scale, 1.0)
    known = np.empty((len(rows), rows.shape[1] + 1))
    known[:, :-1] = np.nan_to_num((rows - mean) / scale)
    known[:, -1] = 1.0
    return mean, scale, known


def _hessian(known: Floats, said: Floats, count: Floats) -> Floats:
    """The curvature, class block by class block; a class against another is the same both ways."""
    size = known.shape[1]
    whole = np.empty((CLASSES * size, CLASSES * size))
    for one in range(CLASSES):
        for other in range(one, CLASSES):
            bend = count * said[:, one] * ((one == other) - said[:, other])
            block = (known * bend[:, None]).T @ known
            whole[one * size : (one + 1) * size, other * size : (other + 1) * size] = block
            whole[other * size : (other + 1) * size, one * size : (one + 1) * size] = block.T
    return whole


def _softmax(sums: Floats) -> Floats:
    grown = np.exp(sums - sums.max(axis=1, keepdims=True))
    said: Floats = grown / grown.sum(axis=1, keepdims=True)
    return said


NEWTON: Final = MemberRule(
    "linear",
    "linear",
    ".arrays",
    fit,
    usual={"ridge": 50.0, "steps": 4},
    choices={"ridge": Choice(1.0, 10_000.0, by_factor=True)},
)
"""The first-layer member that stands where the founding documents had a linear booster."""
