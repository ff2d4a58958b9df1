"""What a feature's state keeps of a field that it listens to: the last value, since when, how many."""

from __future__ import annotations

import math
from typing import Final

from services.features.row import NOW, Row
from shared.kernels import part

VALUE: Final = 0
KNOWN: Final = 1
"""When the value was told, in seconds since 1970."""
TOLD: Final = 2
"""How many values there have been; none yet if 0."""
TOTAL: Final = 3
"""Their sum since the feature last took it."""
NOTE: Final = 4
"""Places of a note."""


@part
def note(m: Row, at: int, value: float, seconds: float) -> None:
    """Takes a value that is now known."""
    m[at + VALUE], m[at + KNOWN] = value, seconds
    m[at + TOLD] += 1.0
    m[at + TOTAL] += value


@part
def known(m: Row, at: int) -> float:
    """The value that was told last, NaN before the first."""
    return m[at + VALUE] if m[at + TOLD] > 0.0 else math.nan


@part
def age(m: Row, at: int) -> float:
    """Seconds since it was told, NaN before the first."""
    return m[NOW] - m[at + KNOWN] if m[at + TOLD] > 0.0 else math.nan
