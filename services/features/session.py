"""When in the session the bar closed, as a point on a circle."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from shared.kernels import njit

NAMES: Final = ("session_sine", "session_cosine")


@njit
def measure(bar: Any, session_ns: int, vector: npt.NDArray[np.float64]) -> None:
    """Writes the family's features in the order of `NAMES`."""
    angle = 2.0 * math.pi * float(bar.event_time_ns % session_ns) / float(session_ns)
    vector[0] = math.sin(angle)
    vector[1] = math.cos(angle)
