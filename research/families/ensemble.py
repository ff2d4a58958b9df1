"""Five kinds of model, and a sixth that learns from what the five said of rows that they had not seen.

Time is cut into blocks. Each block is answered by members that learnt from what had ended before it; the
meta-learner learns from those answers. It is itself judged block by block in the same way, and calibrated
on the answers that it gave before it had seen a block. Nothing that is learnt anywhere looks ahead.

What counts is half the meta-learner's answer and half the members' mean: alone, the meta-learner gives up a
good part of what weak members know of direction for what they know of how far prices move.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from research.dataset.examples import Floats, Rows
from research.dataset.folds import Fold
from research.families.family import FamilyRule, calibrated
from research.members.catalogue import MEMBERS, META
from research.members.lesson import Lesson
from research.training.course import FEWEST_LEARNT, Course
from research.training.made import Made, Piece
from research.training.workshop import Task, Workshop


def teach(course: Course, workshop: Workshop) -> Made:
    """The whole ensemble; with too little history for a meta-learner, the mean of the members."""
    blocks = list(course.blocks())
    first_layer = _fit_members(course, [fold.train for fold in blocks], workshop)
    pieces = first_layer.pop()
    if not blocks:
        return Made("ensemble", pieces, "mean")
    said = [
        Made("ensemble", made, "mean")
        .predictor(course.names)
        .members(course.values[fold.test].astype(np.float64))
        for made, fold in zip(first_layer, blocks, strict=True)
    ]
    meta = _fit_meta(course, blocks, said, workshop)
    rows, answered = _before_seeing(course, blocks, said, workshop)
    return Made("ensemble", pieces, "blended", meta, calibrated(course, rows, answered))


def _fit_members(course: Course, parts: list[Rows], workshop: Workshop) -> list[tuple[Piece, ...]]:
    """The members taught on each part of the rows, and at last on all of them."""
    lessons = [course.take(part).lesson() for part in parts] + [course.lesson()]
    tasks = [
        Task(rule, lesson, course.settings(rule.name, rule.usual)) for lesson in lessons for rule in MEMBERS
    ]
    made = iter(workshop.fit(tasks))
    return [tuple(Piece(rule.name, rule.kind, rule.suffix, next(made)) for rule in MEMBERS) for _ in lessons]


def _fit_meta(course: Course, blocks: list[Fold], said: list[Floats], workshop: Workshop) -> Piece:
    """The second layer, from the members' answers to all of these blocks."""
    rows = np.concatenate([fold.test for fold in blocks])
    tested = course.take(rows)
    answers = np.concatenate(said).reshape(len(rows), -1).astype(np.float32)
    lesson = Lesson(answers, tested.classes, tested.weights, course.terms.seed, course.terms.device)
    content = workshop.fit([Task(META, lesson, course.settings(META.name, META.usual))])[0]
    return Piece(META.name, META.kind, META.suffix, content)


def _before_seeing(
    course: Course, blocks: list[Fold], said: list[Floats], workshop: Workshop
) -> tuple[Rows, Floats]:
    """What a meta-learner of the blocks before says of each block's rows."""
    rows, answered = [np.zeros(0, np.int64)], [np.zeros((0, 3))]
    for number in range(1, len(blocks)):
        from_ns = course.times_ns[blocks[number].test[0]]
        known = [_ended(course, fold, from_ns) for fold in blocks[:number]]
        before = [Fold(fold.train, fold.test[kept]) for fold, kept in zip(blocks, known, strict=False)]
        if sum(map(np.count_nonzero, known)) < FEWEST_LEARNT:
            continue
        heard = [answers[kept] for answers, kept in zip(said, known, strict=False)]
        meta = _fit_meta(course, before, heard, workshop)
        rows.append(blocks[number].test)
        answered.append(0.5 * (meta_answers(meta, said[number]) + said[number].mean(axis=1)))
    return np.concatenate(rows), np.concatenate(answered)


def _ended(course: Course, fold: Fold, from_ns: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which of a block's labels had ended an embargo before a time."""
    return course.end_ns[fold.test] <= from_ns - course.terms.embargo_ns


def meta_answers(meta: Piece, said: Floats) -> Floats:
    """What a meta-learner makes of the members' answers, by the serving engine."""
    names = tuple(f"{rule.name}_{place}" for rule in MEMBERS for place in range(3))
    alone = Made("booster", (meta,))
    return alone.answers(names, np.ascontiguousarray(said.reshape(len(said), -1)))


FAST: Final = FamilyRule(
    "fast",
    "five kinds of model and a meta-learner over their answers to unseen rows",
    teach,
    tunes=tuple(rule.name for rule in MEMBERS),
)
