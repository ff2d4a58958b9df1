"""Taking closed bars into their instruments' rows: the newest bar, each step of the program, the vector."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.features.arena import ARENA, GROUP, reads_of, records_of, steps_of
from services.features.calls import Group, row_at, run_step
from services.features.row import (
    NEW_SESSION,
    SEEN,
    SESSION,
    SESSION_SHARE,
    WEEKDAY,
    place_in_time,
    put_bar,
)
from services.features.state import find
from shared.kernels import Pair, njit, part
from shared.streams import BARS

FLOAT_BYTES: Final = 8


@njit
def take_closed(bars: Any, arena: Any, vectors: npt.NDArray[np.float64]) -> None:
    """Takes closed bars of known instruments and writes a vector for each, NaN where not yet warm."""
    kept = arena[0]
    ops, group = steps_of(kept)
    start = 0
    mask = ops[0].mask
    while start < bars.shape[0]:
        count = find_rows(bars, start, kept, group)
        enter(bars[start : start + count], kept, mask, group)
        for k in range(kept.updates):
            run_step(ops[k].step, group, count, ops[k])
        read(kept, group, vectors[start : start + count])
        start += count


@part
def find_rows(bars: Any, start: int, kept: Any, group: Group) -> int:
    """The rows of the next bars, and how many: they have one close and rising instruments.

    So no row is in a group twice, and its steps see one bar after another.
    """
    rows, table = records_of(kept)
    close_ns, count = bars[start].event_time_ns, min(GROUP, bars.shape[0] - start)
    for i in range(count):
        bar = bars[start + i]
        if i > 0 and (bar.event_time_ns != close_ns or bar.instrument <= bars[start + i - 1].instrument):
            return i
        group[i] = kept.memory + find(rows, bar.instrument, table) * kept.places * FLOAT_BYTES
    return count


@part
def enter(bars: Any, kept: Any, mask: int, group: Group) -> None:
    """Makes bars of one close their rows' newest."""
    session, share, weekday = place_in_time(bars[0].event_time_ns, kept.session_ns)
    for i in range(bars.shape[0]):
        m = row_at(group[i])
        m[NEW_SESSION] = 1.0 if m[SEEN] == 0.0 or session != m[SESSION] else 0.0
        m[SESSION], m[SESSION_SHARE], m[WEEKDAY] = session, share, weekday
        put_bar(m, bars[i], mask)


@part
def read(kept: Any, group: Group, vectors: npt.NDArray[np.float64]) -> None:
    """The outputs that are asked for, out of the rows and into their vectors."""
    reads = reads_of(kept)
    for i in range(vectors.shape[0]):
        m = row_at(group[i])
        for k in range(kept.width):
            vectors[i, k] = m[reads[0, k]]
        if m[SEEN] < kept.warm:
            for k in range(kept.width):
                if m[SEEN] < reads[1, k]:
                    vectors[i, k] = np.nan


KERNELS: Final[tuple[Pair, ...]] = (
    (take_closed, (np.empty(1, BARS.dtype), np.empty(1, ARENA), np.empty((1, 1)))),
)
"""What to compile before the first closed bar."""
