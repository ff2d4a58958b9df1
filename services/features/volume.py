"""How much was traded, and who was in a hurry."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.features.memory import mean
from shared.kernels import njit

NAMES: Final = ("volume_ratio_20", "signed_volume")


@njit
def measure(memory: Any, bar: Any, vector: npt.NDArray[np.float64]) -> None:
    """Writes the family's features in the order of `NAMES`."""
    vector[0] = volume_ratio(memory.volumes, memory.seen) if memory.seen >= 20 else math.nan
    vector[1] = float(bar.signed_volume) / float(bar.volume) if bar.volume > 0 else 0.0


@njit
def volume_ratio(volumes: npt.NDArray[np.float64], seen: int) -> float:
    """The bar's volume over the 20-bar mean; 1 if nothing was traded at all."""
    usual = mean(volumes, seen, 20)
    if usual == 0.0:
        return 1.0
    return volumes[(seen - 1) & (volumes.shape[0] - 1)] / usual
