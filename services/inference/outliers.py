"""How far a row lies from the training data: the root mean square of its deviations, each in its own unit."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from services.inference.manifest import Spread

SMALLEST_SHARE: Final = 1e-9
"""A feature that hardly moved has at least this share of its size as a deviation."""

Floats = npt.NDArray[np.float64]


def spread_of(values: Floats, share: float = 0.9999) -> Spread:
    """Where these rows lie, and the distance that this share of them keeps within."""
    mean = values.mean(axis=0)
    sd = np.maximum(values.std(axis=0), SMALLEST_SHARE * np.maximum(np.abs(mean), 1.0))
    limit = float(np.quantile(_distances(values, mean, sd), share))
    return Spread(mean=tuple(mean.tolist()), sd=tuple(sd.tolist()), limit=max(limit, 1.0))


def distances(values: Floats, spread: Spread) -> Floats:
    """Each row's distance; beyond the limit its prediction is flagged and not traded."""
    return _distances(values, np.array(spread.mean), np.array(spread.sd))


def _distances(values: Floats, mean: Floats, sd: Floats) -> Floats:
    found: Floats = np.sqrt(np.mean(((values - mean) / sd) ** 2, axis=1))
    return found
