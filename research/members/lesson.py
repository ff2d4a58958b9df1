"""What a member learns from, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from research.dataset.examples import Classes, Floats
from services.inference.manifest import Kind
from shared.failures import Refused

Singles = npt.NDArray[np.float32]
Setting = float | int | str
Settings = Mapping[str, Setting]

CLASSES: Final = 3
THREADS: Final = 1
"""Every fit has one thread, and several run side by side: the number of cores changes no bit of a model."""


class Device(NamedTuple):
    """Where the libraries that can do it train: the processor, or a card."""

    name: str = "cpu"

    @property
    def is_card(self) -> bool:
        """Whether a card is asked for."""
        return self.name == "cuda"


CPU: Final = Device()
MOST_SAID: Final = 160
"""Characters of a library's complaint that are repeated."""


@dataclass(frozen=True)
class Lesson:
    """Rows as the model border has them, how much each counts, and what makes chance repeatable."""

    values: Singles
    classes: Classes
    weights: Floats
    seed: int = 0
    device: Device = CPU

    def __len__(self) -> int:
        return len(self.classes)

    def column(self, place: int) -> Lesson:
        """The lesson of one feature alone."""
        return replace(self, values=np.ascontiguousarray(self.values[:, place : place + 1]))


def doubting(lesson: Lesson) -> Lesson:
    """One row more of each class that never came, in the middle of all rows: so that none is ruled out."""
    missing = np.flatnonzero(np.bincount(lesson.classes, minlength=CLASSES) == 0).astype(np.int8)
    if not len(missing):
        return lesson
    known = np.isfinite(lesson.values)
    rows = np.maximum(known.sum(axis=0), 1)
    middle = (np.where(known, lesson.values, 0.0).sum(axis=0) / rows).astype(np.float32)
    return replace(
        lesson,
        values=np.vstack([lesson.values, np.tile(middle, (len(missing), 1))]),
        classes=np.concatenate([lesson.classes, missing]),
        weights=np.concatenate([lesson.weights, np.full(len(missing), float(lesson.weights.mean()))]),
    )


@dataclass(frozen=True)
class Choice:
    """What a search may try for a setting: a range, on a log scale where factors matter."""

    low: float
    high: float
    by_factor: bool = False
    whole: bool = False


@dataclass(frozen=True)
class MemberRule:
    """One member: its name, what kind of artefact it writes, how it learns, and what may be tuned."""

    name: str
    kind: Kind
    suffix: str
    fit: Callable[[Lesson, Settings], bytes]
    usual: Settings
    choices: Mapping[str, Choice]
    by_card: bool = False


def lesson_of(values: npt.NDArray[np.floating], classes: Classes, seed: int = 0) -> Lesson:
    """A lesson in which every row counts the same."""
    rows = np.ascontiguousarray(values, np.float32)
    return Lesson(rows, classes, np.ones(len(classes)), seed)


def cannot(library: str, error: Exception) -> Refused:
    """A library's complaint as one line."""
    said = " ".join(str(error).split())
    return Refused(f"{library} cannot learn from this: {said[:MOST_SAID]}")
