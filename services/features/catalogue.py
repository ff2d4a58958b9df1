"""Every feature by name, and the one update that computes them all from a closed bar."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.features import session, shape, trend, volatility, volume
from services.features.memory import RING, remember
from shared.kernels import njit

FEATURES_IN_ORDER: Final = (
    *trend.NAMES,
    *volatility.NAMES,
    *volume.NAMES,
    *shape.NAMES,
    *session.NAMES,
)
"""The full vector: families follow one another, new names go at a family's end."""

TREND_AT: Final = 0
VOLATILITY_AT: Final = TREND_AT + len(trend.NAMES)
VOLUME_AT: Final = VOLATILITY_AT + len(volatility.NAMES)
SHAPE_AT: Final = VOLUME_AT + len(volume.NAMES)
SESSION_AT: Final = SHAPE_AT + len(shape.NAMES)
WIDTH: Final = SESSION_AT + len(session.NAMES)

MEMORY_FIELDS: Final = (
    ("seen", np.int64),
    ("closes", np.float64, (RING,)),
    ("returns", np.float64, (RING,)),
    ("volumes", np.float64, (RING,)),
    *trend.FIELDS,
    *volatility.FIELDS,
)
"""What an instrument remembers of its closed bars."""


@njit
def update_features(memory: Any, bar: Any, session_ns: int, vector: npt.NDArray[np.float64]) -> None:
    """Takes a closed bar into an instrument's memory and writes the whole vector, NaN where not yet warm."""
    trend.update(memory, bar)
    volatility.update(memory, bar)
    remember(memory, bar)
    trend.measure(memory, bar, vector[TREND_AT:VOLATILITY_AT])
    volatility.measure(memory, bar, vector[VOLATILITY_AT:VOLUME_AT])
    volume.measure(memory, bar, vector[VOLUME_AT:SHAPE_AT])
    shape.measure(bar, vector[SHAPE_AT:SESSION_AT])
    session.measure(bar, session_ns, vector[SESSION_AT:WIDTH])
