"""What a price after splits is in prices of before: known from the corporate actions, a function of time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.actions import Action
from shared.block import Block


class SplitFactors:
    """The splits of a run in time order; one acts on bars that close after it, and never on earlier ones."""

    def __init__(self, actions: Block) -> None:
        splits = actions.take(np.flatnonzero(actions["action"] == Action.SPLIT)).sorted()
        self._times = splits["event_time_ns"]
        names = ("instrument", "numerator", "denominator")
        self._rows = list(zip(*(splits[name].tolist() for name in names), strict=True))

    def __len__(self) -> int:
        return len(self._rows)

    def spans(self, times: npt.NDArray[Any]) -> Iterator[tuple[int, int, int]]:
        """Sorted closes in stretches: where each starts and ends, and how many splits came before it."""
        edges = np.searchsorted(times, self._times, side="right")
        bounds = [0, *sorted({int(edge) for edge in edges if 0 < edge < len(times)}), len(times)]
        for start, stop in pairwise(bounds):
            yield start, stop, int(np.searchsorted(self._times, times[start], side="left"))

    def after(self, count: int) -> dict[int, float]:
        """Every instrument's factor after so many splits, as one division of whole numbers."""
        shares: dict[int, tuple[int, int]] = {}
        for instrument, numerator, denominator in self._rows[:count]:
            new, old = shares.get(instrument, (1, 1))
            shares[instrument] = new * numerator, old * denominator
        return {instrument: new / old for instrument, (new, old) in shares.items()}
