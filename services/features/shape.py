"""The form of the bar itself."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from shared.kernels import njit

NAMES: Final = ("range", "body")


@njit
def measure(bar: Any, vector: npt.NDArray[np.float64]) -> None:
    """Writes the family's features in the order of `NAMES`, as shares of the close."""
    close = float(bar.close)
    vector[0] = float(bar.high - bar.low) / close
    vector[1] = float(bar.close - bar.open) / close
