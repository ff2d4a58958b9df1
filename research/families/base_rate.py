"""A model that knows nothing but how often each class came: what every other has to beat."""

from __future__ import annotations

from typing import Final

import numpy as np

from research.families.family import FamilyRule
from research.members.lesson import CLASSES
from research.training.course import Course
from research.training.made import Made, Piece
from research.training.workshop import Workshop
from services.inference import arrays

DOUBT: Final = 1.0
"""Rows of each class that are added, so that one which never came is not ruled out."""


def teach(course: Course, workshop: Workshop) -> Made:
    """A linear model whose weights are zero."""
    rows = np.bincount(course.classes, course.weights, CLASSES) + DOUBT
    width = course.values.shape[1]
    nothing = {
        "mean": np.zeros(width),
        "scale": np.ones(width),
        "weights": np.zeros((width, CLASSES)),
        "bias": np.log(rows / rows.sum()),
    }
    return Made("base_rate", (Piece("rates", "linear", ".arrays", arrays.encode("linear", nothing)),))


BASE_RATE: Final = FamilyRule("base_rate", "how often each class came, whatever the features", teach)
