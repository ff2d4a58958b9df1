"""A family as the honesty gate asks it: rows in, a model out, and nothing but those rows."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from research.dataset.examples import Classes, Examples, Floats, Rows
from research.families.family import FamilyRule
from research.honesty.study import Learner, Model
from research.training.course import Course, Terms
from research.training.made import Made
from research.training.tuning import tuned
from research.training.workshop import Workshop


class FamilyLearner:
    """Teaches a family on rows of a set of examples."""

    def __init__(self, family: FamilyRule, examples: Examples, terms: Terms, workshop: Workshop) -> None:
        self._family, self._examples, self._terms, self._workshop = family, examples, terms, workshop
        self._known: dict[str, Made] = {}

    def on(self, rows: Rows) -> Learner:
        """The family for these rows, whose spans it then knows."""

        def learner(values: Floats, classes: Classes) -> Model:
            made = self.teach(rows, values, classes)
            names = self._examples.names
            predictor = made.predictor(names)
            return lambda asked: predictor.predict(single(asked).astype(np.float64))[1]

        return learner

    def teach(self, rows: Rows, values: Floats, classes: Classes) -> Made:
        """The model of these rows, made once for the same contents."""
        examples = self._examples
        course = Course(
            examples.names,
            single(values),
            np.ascontiguousarray(classes, np.int8),
            examples.times_ns[rows],
            examples.end_ns[rows],
            examples.instruments[rows],
            self._terms,
        )
        name = _name(course)
        if name not in self._known:
            self._known = dict(list(self._known.items())[-32:])
            self._known[name] = self._family.teach(self._tuned(course), self._workshop)
        return self._known[name]

    def whole(self) -> Made:
        """The model of all rows."""
        rows = np.arange(len(self._examples))
        return self.teach(rows, self._examples.values, self._examples.classes)

    def _tuned(self, course: Course) -> Course:
        if not self._terms.trials:
            return course
        found = tuned(course, self._family.tunes, self._workshop)
        return replace(course, terms=replace(self._terms, settings={**self._terms.settings, **found}))


def single(values: Floats) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Values as they are at the border of a model."""
    return np.ascontiguousarray(values, np.float32)


def _name(course: Course) -> str:
    digest = hashlib.blake2b(digest_size=20)
    for column in (course.values, course.classes, course.times_ns, course.end_ns, course.instruments):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()
