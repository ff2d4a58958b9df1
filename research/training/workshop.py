"""Fits members side by side, one thread each, and never fits the same lesson twice."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

import msgspec
import numpy as np

from research.members.lesson import Lesson, MemberRule, Settings

KEPT: Final = 1_024
"""Finished fits that are remembered: a walk over ten tests of an ensemble, or of a hundred features."""


class Task(NamedTuple):
    """One fit."""

    rule: MemberRule
    lesson: Lesson
    settings: Settings


class Workshop:
    """A number of hands; what they make depends on the lesson alone."""

    def __init__(self, hands: int) -> None:
        self.hands = max(1, hands)
        self._made: dict[str, bytes] = {}

    def fit(self, tasks: Sequence[Task]) -> list[bytes]:
        """The artefact of each task, in their order; the longest are begun first."""
        names = [_name(task) for task in tasks]
        wanted = {name: task for name, task in zip(names, tasks, strict=True) if name not in self._made}
        order = sorted(wanted, key=lambda name: -len(wanted[name].lesson))
        with ThreadPoolExecutor(self.hands) as pool:
            made = list(pool.map(lambda name: _fitted(wanted[name]), order))
        self._made |= dict(zip(order, made, strict=True))
        found = [self._made[name] for name in names]
        for name in list(self._made)[: max(0, len(self._made) - KEPT)]:
            del self._made[name]
        return found


def _fitted(task: Task) -> bytes:
    return task.rule.fit(task.lesson, task.settings)


def _name(task: Task) -> str:
    """One name for everything that a fit depends on."""
    lesson = task.lesson
    told = (task.rule.name, dict(task.settings), lesson.seed, lesson.device.name, lesson.values.shape)
    digest = hashlib.blake2b(msgspec.json.encode(told, order="sorted"), digest_size=20)
    for column in (lesson.values, lesson.classes, lesson.weights):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()
