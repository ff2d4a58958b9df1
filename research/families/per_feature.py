"""One small model a feature, none of which sees another feature; together they speak by their past skill.

Each is a probe: its own rank correlation, out of sample, says whether its feature still foretells anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from research.dataset.examples import Floats
from research.families.family import FamilyRule, calibrated
from research.members import forest, linear, ridge
from research.members.lesson import CLASSES, MemberRule, Settings
from research.scores.classes import log_loss_of
from research.training.course import Course
from research.training.made import Made, Piece
from research.training.workshop import Task, Workshop

PROBES: Final[Mapping[str, tuple[MemberRule, Settings]]] = {
    "logistic": (linear.NEWTON, {"ridge": 10.0}),
    "ridge": (ridge.RIDGE, {}),
    "forest": (forest.TREES, {"trees": 20, "features": 1, "depth": 3}),
}
"""What kinds of model a feature may have."""
USUAL: Final = "logistic"


def teach(course: Course, workshop: Workshop) -> Made:
    """All probes of all features, weighed by how much each gained over the base rates where it was tested."""
    blocks = list(course.blocks())
    whole = _probes(course, workshop)
    if not blocks:
        return Made("per_feature", whole, "mean")
    rows = np.concatenate([fold.test for fold in blocks])
    said = np.concatenate(
        [
            Made("per_feature", _probes(course.take(fold.train), workshop), "mean")
            .predictor(course.names)
            .members(course.values[fold.test].astype(np.float64))
            for fold in blocks
        ]
    )
    base = np.concatenate([np.tile(_rates(course.take(fold.train)), (len(fold.test), 1)) for fold in blocks])
    weights = _skill(course.take(rows), said, base)
    mixed = np.tensordot(said, weights / weights.sum(), axes=([1], [0]))
    pieces = tuple(
        Piece(one.name, one.kind, one.suffix, one.content, one.columns, float(weight))
        for one, weight in zip(whole, weights, strict=True)
    )
    return Made("per_feature", pieces, "mean", calibration=calibrated(course, rows, mixed))


def _probes(course: Course, workshop: Workshop) -> tuple[Piece, ...]:
    rule, changed = PROBES[str(course.settings("per_feature", {"probe": USUAL})["probe"])]
    settings = course.settings(rule.name, {**rule.usual, **changed})
    columns = range(len(course.names))
    lesson = course.lesson()
    tasks = [Task(rule, lesson.column(column), settings) for column in columns]
    return tuple(
        Piece(course.names[column], rule.kind, rule.suffix, content, (column,))
        for column, content in zip(columns, workshop.fit(tasks), strict=True)
    )


def _rates(course: Course) -> Floats:
    rates: Floats = (np.bincount(course.classes, course.weights, CLASSES) + 1.0) / (len(course) + CLASSES)
    return rates


def _skill(tested: Course, said: Floats, base: Floats) -> Floats:
    """What each probe gained over the base rates, nothing for those that lost; all alike if all lost."""
    weights = tested.weights
    usual = log_loss_of(base, tested.classes)(weights)
    gains = [usual - log_loss_of(said[:, one], tested.classes)(weights) for one in range(said.shape[1])]
    found = np.maximum(np.array(gains), 0.0)
    return found if found.any() else np.ones(len(found))


PER_FEATURE: Final = FamilyRule("per_feature", "one small model a feature, each a probe of its decay", teach)
