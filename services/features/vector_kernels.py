"""Taking closed bars into their instruments' rows: the newest bar, each step of the program, the vector."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.features.calls import row_of, run_step
from services.features.program import OP, READ
from services.features.row import (
    NEW_SESSION,
    SEEN,
    SESSION,
    SESSION_SHARE,
    WEEKDAY,
    place_in_time,
    put_bar,
)
from services.features.state import STATE, find
from shared.kernels import Pair, njit
from shared.streams import BARS


@njit
def take_closed(
    bars: Any,
    session_ns: int,
    rows: Any,
    table: npt.NDArray[np.int64],
    memory: npt.NDArray[np.float64],
    ops: Any,
    vectors: npt.NDArray[np.float64],
) -> None:
    """Takes closed bars of known instruments and writes a vector for each, NaN where not yet warm."""
    last_ns, mask = bars[0].event_time_ns, ops[0].mask
    session, share, weekday = place_in_time(last_ns, session_ns)
    for i in range(bars.shape[0]):
        bar, read = bars[i], 0
        if bar.event_time_ns != last_ns:
            last_ns = bar.event_time_ns
            session, share, weekday = place_in_time(last_ns, session_ns)
        m = row_of(memory, find(rows, bar.instrument, table))
        m[NEW_SESSION] = 1.0 if m[SEEN] == 0.0 or session != m[SESSION] else 0.0
        m[SESSION], m[SESSION_SHARE], m[WEEKDAY] = session, share, weekday
        put_bar(m, bar, mask)
        for k in range(ops.shape[0]):
            op = ops[k]
            if op.step != READ:
                run_step(op.step, m, op)
            else:
                vectors[i, read] = m[op.at] if m[SEEN] >= op.n1 else np.nan
                read += 1


KERNELS: Final[tuple[Pair, ...]] = (
    (
        take_closed,
        (
            np.empty(1, BARS.dtype),
            0,
            np.empty(1, STATE),
            np.empty(1, np.int64),
            np.empty((1, 1)),
            np.empty(1, OP),
            np.empty((1, 1)),
        ),
    ),
)
"""What to compile before the first closed bar."""
