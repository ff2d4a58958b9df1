"""The moment at which a stream of losses began to be another one, by adaptive windows."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from research.dataset.examples import Floats, Times

SURE: Final = 0.002
"""The chance of a false alarm that a window accepts at each look."""
MOST: Final = 4.0
"""A loss beyond this, in nats, counts as this: the window wants numbers between bounds that no data moves."""


class Change(NamedTuple):
    """When a new mean was noticed, the mean since the change before it, and the mean from then on."""

    time_ns: int
    before: float
    after: float


def changes(losses: Floats, times_ns: Times, sure: float = SURE) -> list[Change]:
    """Every change of the mean of losses in time order; all rows of a moment enter as their mean.

    Rows of one moment move together, so that they are one observation and not many.
    """
    from river.drift import ADWIN

    moments, place, rows = np.unique(times_ns, return_inverse=True, return_counts=True)
    means = np.bincount(place, losses) / rows
    window = ADWIN(delta=sure)
    seen = []
    for number, mean in enumerate(means):
        window.update(min(max(float(mean), 0.0), MOST) / MOST)
        if window.drift_detected:
            seen.append(number)
    bounds = [0, *seen, len(means)]
    return [
        Change(int(moments[at]), float(means[start:at].mean()), float(means[at:end].mean()))
        for start, at, end in zip(bounds, seen, bounds[2:], strict=False)
    ]
