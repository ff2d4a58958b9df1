"""One LightGBM model, calibrated on the answers it gave to rows that it had not seen."""

from __future__ import annotations

from typing import Final

import numpy as np

from research.families.family import FamilyRule, calibrated
from research.members.lesson import MemberRule
from research.members.light import TREES
from research.training.course import Course
from research.training.made import Made, Piece
from research.training.workshop import Task, Workshop


def teach(course: Course, workshop: Workshop) -> Made:
    """The model of all rows, with the calibration that models of earlier rows taught."""
    return taught(TREES, course, workshop)


def taught(rule: MemberRule, course: Course, workshop: Workshop) -> Made:
    """One member alone."""
    blocks = list(course.blocks())
    parts = [course.take(fold.train) for fold in blocks] + [course]
    settings = course.settings(rule.name, rule.usual)
    contents = workshop.fit([Task(rule, part.lesson(), settings) for part in parts])
    made = [Made("booster", (Piece(rule.name, rule.kind, rule.suffix, content),)) for content in contents]
    if not blocks:
        return made[-1]
    rows = np.concatenate([fold.test for fold in blocks])
    said = [
        one.answers(course.names, course.values[fold.test].astype(np.float64))
        for one, fold in zip(made, blocks, strict=False)
    ]
    return Made("booster", made[-1].pieces, calibration=calibrated(course, rows, np.concatenate(said)))


BOOSTER: Final = FamilyRule("booster", "one LightGBM model", teach, tunes=(TREES.name,))
