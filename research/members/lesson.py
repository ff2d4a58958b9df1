"""What a member learns from, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from research.dataset.examples import Classes, Floats
from services.inference.manifest import Kind

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
