"""Ridge regression on the direction that came, its score made into probabilities by Newton's steps."""

from __future__ import annotations

from typing import Final

import numpy as np

from research.labels.next_bar import HOLD
from research.members.lesson import Choice, Lesson, MemberRule, Settings
from research.members.linear import Linear, regress, standardised
from services.inference import arrays


def fit(lesson: Lesson, settings: Settings) -> bytes:
    """The arrays of the regression."""
    mean, scale, known = standardised(lesson.values)
    weights = lesson.weights / lesson.weights.mean()
    came = lesson.classes.astype(np.float64) - HOLD
    centred = known[:, :-1] * weights[:, None]
    bent = centred.T @ known[:, :-1] + float(settings["ridge"]) * np.eye(len(mean))
    slopes = np.linalg.solve(bent, centred.T @ (came - np.average(came, weights=weights)))
    score = (known[:, :-1] @ slopes)[:, None].astype(np.float32)
    told = Lesson(score, lesson.classes, lesson.weights, lesson.seed)
    found = regress(told, ridge=1.0, steps=int(settings["steps"]))
    turned = found.weights[0] / found.scale[0]
    made = Linear(mean, scale, slopes[:, None] * turned, found.bias - found.mean[0] * turned)
    return arrays.encode("linear", made._asdict())


RIDGE: Final = MemberRule(
    "ridge",
    "linear",
    ".arrays",
    fit,
    usual={"ridge": 10.0, "steps": 4},
    choices={"ridge": Choice(1.0, 10_000.0, by_factor=True)},
)
"""A member that knows only which way."""
