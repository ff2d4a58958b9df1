"""When the synthetic market's bars close, and how much of a day happens in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from shared.time import DAY_NS

Array = npt.NDArray[Any]

OVERNIGHT: Final = 0.45
"""Standard deviation of the return between sessions, in those of a session."""


@dataclass(frozen=True)
class Grid:
    """A stretch of bars: their closes, and each one's share of a session's volatility and volume."""

    interval_ns: int
    closes: Array
    scale: Array
    gap: Array
    share: Array
    step_days: float

    def __len__(self) -> int:
        return len(self.closes)

    def rows(self, start: int, stop: int) -> Grid:
        """Some of the bars."""
        cut = slice(start, stop)
        return Grid(
            self.interval_ns,
            self.closes[cut],
            self.scale[cut],
            self.gap[cut],
            self.share[cut],
            self.step_days,
        )


def u_shape(phase: Array) -> Array:
    """How busy the market is at a phase of its session (0 to 1): most at both ends, on average 1."""
    return 0.75 + 0.75 * (2.0 * phase - 1.0) ** 2


def around_the_clock(start_ns: int, interval_ns: int, bars: int) -> Grid:
    """Bars of a market that never closes: its session is the UTC day, and there is no gap."""
    closes = start_ns + interval_ns * np.arange(1, bars + 1, dtype=np.int64)
    step = interval_ns / DAY_NS
    phase = ((closes - interval_ns // 2) % DAY_NS) / DAY_NS
    return _grid(interval_ns, closes, phase, np.zeros(bars), step)


def by_session(opens: Array, closes: Array, interval_ns: int) -> Grid:
    """Bars of a market with sessions, each starting with a gap; a last bar ends with its session."""
    counts = -(-(closes - opens) // interval_ns)
    session = np.repeat(np.arange(len(opens)), counts)
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    ends = np.minimum(opens[session] + (place + 1) * interval_ns, closes[session])
    lengths = (closes - opens)[session]
    phase = (place * interval_ns + np.minimum(interval_ns, lengths) / 2) / lengths
    gap = np.where(place == 0, OVERNIGHT, 0.0)
    return _grid(
        interval_ns, ends, np.minimum(phase, 1.0), gap, min(1.0, interval_ns / float(np.median(lengths)))
    )


def by_day(closes: Array) -> Grid:
    """One bar a session, whatever its length."""
    phase = np.full(len(closes), 0.5)
    grid = _grid(DAY_NS, closes, phase, np.full(len(closes), OVERNIGHT), 1.0)
    return Grid(DAY_NS, closes, np.ones(len(closes)), grid.gap, np.ones(len(closes)), 1.0)


def _grid(interval_ns: int, closes: Array, phase: Array, gap: Array, step: float) -> Grid:
    shape = u_shape(phase) if step < 1.0 else np.ones(len(closes))
    loudness = shape / np.sqrt(1.05) if step < 1.0 else shape
    return Grid(
        interval_ns,
        np.ascontiguousarray(closes, np.int64),
        np.ascontiguousarray(np.sqrt(step) * loudness),
        np.ascontiguousarray(gap, np.float64),
        np.ascontiguousarray(step * shape),
        float(step),
    )
