"""How much a row counts: less where its label overlaps others; one class as much as another if asked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from research.dataset.examples import Classes, Floats, Times


def uniqueness(times_ns: Times, end_ns: Times, instruments: npt.NDArray[np.int32]) -> Floats:
    """One over the number of labels of the same instrument that run at once, averaged over a row's span."""
    unique = np.ones(len(times_ns))
    for one in np.unique(instruments):
        own = np.flatnonzero(instruments == one)
        starts = times_ns[own]
        stops = np.maximum(np.searchsorted(starts, end_ns[own], side="left"), np.arange(len(own)) + 1)
        running = np.zeros(len(own) + 1)
        running[: len(own)] += 1.0
        np.subtract.at(running, stops, 1.0)
        share = 1.0 / np.maximum(np.cumsum(running)[:-1], 1.0)
        passed = np.concatenate([[0.0], np.cumsum(share)])
        places = np.arange(len(own))
        unique[own] = (passed[stops] - passed[places]) / (stops - places)
    return unique


def balance(classes: Classes, count: int) -> Floats:
    """A weight a row that lets every class that came count the same in sum."""
    rows = np.bincount(classes, minlength=count)
    each = np.divide(len(classes), rows, out=np.zeros(count), where=rows > 0) / max(1, np.count_nonzero(rows))
    weights: Floats = each[classes]
    return weights
