"""Is there a card that the libraries can train on: asked once, before hours are spent."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Final

import numpy as np

from research.members.catalogue import BY_NAME
from research.members.lesson import CLASSES, Device, Lesson
from shared.failures import Refused

ROWS: Final = 300
ELSEWHERE: Final = "changed from GPU to CPU"
"""What a library only warns of: it would train, but not where it was asked to."""


def check_card(members: Iterable[str]) -> None:
    """Each member that can use a card learns a little on it; all that cannot are named together."""
    draw = np.random.default_rng(0)
    values = draw.standard_normal((ROWS, 2)).astype(np.float32)
    classes = (np.arange(ROWS) % CLASSES).astype(np.int8)
    lesson = Lesson(values, classes, np.ones(ROWS), 0, Device("cuda"))
    wrong = []
    for name in sorted(set(members)):
        rule = BY_NAME[name]
        if not rule.by_card:
            continue
        try:
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                rule.fit(lesson, {**rule.usual, "rounds": 1})
        except Refused as refusal:
            wrong.append(str(refusal))
            continue
        if any(ELSEWHERE in str(one.message) for one in told):
            wrong.append(f"{name} would train on the processor instead")
    if wrong:
        raise Refused(
            f"--device cuda finds no card to train on, --device cpu always works ({'; '.join(wrong)})"
        )
