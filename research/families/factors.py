"""Factors that people believe in: a direction and a weight each, told in advance and never learnt.

All that is learnt of a factor is how far its score moves the odds, and nothing where the past contradicts it.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from research.dataset.examples import Floats
from research.factors import FACTORS, Direction, Factor, scored
from research.families.family import FamilyRule
from research.labels.next_bar import BUY, SELL
from research.members.forest_kernels import LEAF
from research.members.lesson import CLASSES, Lesson
from research.members.linear import regress
from research.training.course import Course
from research.training.made import Made, Piece
from research.training.workshop import Workshop
from services.inference import arrays
from services.inference.arrays import Arrays
from services.inference.arrays import Kind as PlainKind
from shared.failures import Refused

STEPS: Final = 16
"""Steps of a score that is not a straight line in its feature."""
RIDGE: Final = 10.0


def teach(course: Course, workshop: Workshop) -> Made:
    """A member for each factor whose feature the vector has, weighed as people said."""
    known = [factor for factor in FACTORS if factor.feature in course.names]
    if not known:
        wanted = ", ".join(factor.feature for factor in FACTORS)
        raise Refused(f"the vector has none of the factors' features: {wanted}")
    return Made("factors", tuple(_piece(factor, course) for factor in known), "mean")


def _piece(factor: Factor, course: Course) -> Piece:
    """The factor's score made into odds: a straight line, or steps where extremes count."""
    column = course.names.index(factor.feature)
    values = course.values[:, column].astype(np.float64)
    score = scored(values, values, factor.direction)
    lesson = Lesson(score[:, None].astype(np.float32), course.classes, course.weights, course.terms.seed)
    found = regress(lesson, RIDGE, steps=4)
    slopes = found.weights[0] / found.scale[0]
    if slopes[BUY] < slopes[SELL]:
        slopes = np.zeros(CLASSES)
    bias = found.bias - found.mean[0] * slopes
    kind: PlainKind = "linear"
    told = _line(values, factor.direction, slopes, bias)
    if factor.direction is Direction.MEAN_REVERT:
        kind, told = "forest", _steps(values, score, slopes, bias)
    return Piece(factor.feature, kind, ".arrays", arrays.encode(kind, told), (column,), factor.weight)


def _line(values: Floats, direction: Direction, slopes: Floats, bias: Floats) -> Arrays:
    """The same odds straight from the feature."""
    mean, scale = float(np.nanmean(values)), float(np.nanstd(values)) or 1.0
    sign = 1.0 if direction is Direction.HIGHER_BETTER else -1.0
    return {
        "mean": np.array([mean]),
        "scale": np.array([scale]),
        "weights": sign * slopes[None, :],
        "bias": bias,
    }


def _steps(values: Floats, score: Floats, slopes: Floats, bias: Floats) -> Arrays:
    """One tree that asks where the feature lies among steps of equal size, with each step's usual odds."""
    edges = np.unique(np.quantile(values, np.arange(1, STEPS) / STEPS)).astype(np.float32)
    place = np.searchsorted(edges, values.astype(np.float32), side="left")
    made: dict[str, list[Any]] = {name: [] for name in arrays.WANTED["forest"] if name != "roots"}

    def leaf(step: int) -> tuple[Floats, float]:
        inside = place == step
        middle = float(score[inside].mean()) if inside.any() else 0.0
        grown = np.exp(middle * slopes + bias)
        return grown / grown.sum(), float(inside.sum())

    def add(low: int, high: int) -> int:
        node = len(made["feature"])
        for name, empty in (("feature", LEAF), ("threshold", 0.0), ("left", 0), ("right", 0)):
            made[name].append(empty)
        said, cover = leaf(low)
        made["probabilities"].append(said)
        made["cover"].append(cover)
        if high > low:
            middle = (low + high) // 2
            made["feature"][node], made["threshold"][node] = 0, float(edges[middle])
            made["left"][node], made["right"][node] = add(low, middle), add(middle + 1, high)
            made["cover"][node] = float(np.sum((place >= low) & (place <= high)))
        return node

    add(0, len(edges))
    whole = {name: np.array(column, arrays.WANTED["forest"][name][0]) for name, column in made.items()}
    return {**whole, "roots": np.zeros(1, np.int32)}


FACTORS_FAMILY: Final = FamilyRule("factors", "scores that people weighed in advance, made into odds", teach)
