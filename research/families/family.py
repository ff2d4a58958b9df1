"""What a family is asked: to learn from a course, with hands that fit members."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from research.dataset.examples import Floats, Rows
from research.training.calibrating import calibrate
from research.training.course import Course
from research.training.made import Made
from research.training.workshop import Workshop
from services.inference.manifest import Calibration

FEWEST_TO_CALIBRATE: Final = 500
Teach = Callable[[Course, Workshop], Made]


@dataclass(frozen=True)
class FamilyRule:
    """A family's name, what it is in words, how it learns, and which members a search may tune."""

    name: str
    about: str
    teach: Teach
    tunes: tuple[str, ...] = ()


def calibrated(course: Course, rows: Rows, said: Floats) -> Calibration | None:
    """What answers to unseen rows teach of calibration; nothing where they are few."""
    if len(rows) < FEWEST_TO_CALIBRATE:
        return None
    tested = course.take(rows)
    return calibrate(said, tested.classes, tested.weights)
