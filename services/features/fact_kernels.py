"""Facts reach the rows before the first bar that closes after they were known, and never an earlier one."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.features.calls import row_of, run_step
from services.features.notes import note
from services.features.program import GLANCE, LISTENER, OP, READ
from services.features.row import (
    CLOSE,
    IN_SECTOR,
    MARKET,
    MARKET_BEFORE,
    NOW,
    RATE,
    SECTOR,
    SECTOR_BEFORE,
    SEEN,
    Row,
    put_level,
)
from services.features.state import FREE, STATE, find
from services.features.vector_kernels import take_closed
from shared.facts import Field
from shared.kernels import Pair, njit, part
from shared.market import SECTORS
from shared.streams import BARS, FACTS

SECONDS: Final = 1e9
MARKET_ROW: Final = 0
VIX_ROW: Final = 1
SECTOR_ROWS: Final = 2
"""Where the sectors' rows start, in the order of `SECTORS`."""
ROWS: Final = SECTOR_ROWS + len(SECTORS)
OF_MARKET: Final = 0
OF_SECTOR: Final = 1
"""Places in `registry.SUBJECTS`; the third is the VIX."""
PRICE: Final = int(Field.PRICE)
TREASURY_YIELD: Final = int(Field.TREASURY_YIELD)
VIX: Final = int(Field.VIX)
IS_SECTOR: Final = int(Field.SECTOR)

Floats = npt.NDArray[np.float64]
Table = npt.NDArray[np.int64]


@njit
def take_facts(
    start: int,
    before_ns: int,
    facts: Any,
    rows: Any,
    table: Table,
    memory: Floats,
    listeners: Any,
    series: Floats,
    series_ops: Any,
    mask: int,
) -> int:
    """Takes facts from `start` on that were known before a time; where it stopped."""
    at = start
    while at < facts.shape[0] and facts[at].event_time_ns < before_ns:
        fact = facts[at]
        at += 1
        if fact.instrument > 0:
            slot = find(rows, fact.instrument, table)
            if slot != FREE:
                tell(row_of(memory, slot), fact, listeners)
        elif fact.field == TREASURY_YIELD:
            row_of(series, MARKET_ROW)[RATE] = fact.value
        else:
            of_market = VIX_ROW if fact.field == VIX else MARKET_ROW
            place = SECTOR_ROWS - 1 - fact.instrument if fact.instrument < 0 else of_market
            move_on(row_of(series, place), fact.value, series_ops, mask)
    return at


@part
def tell(m: Row, fact: Any, listeners: Any) -> None:
    """A company's row learns a fact: in the note of every step that listens to its field."""
    if fact.field == IS_SECTOR:
        if m[IN_SECTOR] != fact.value + 1.0:
            m[SECTOR] = 0.0
        m[IN_SECTOR] = fact.value + 1.0
    for k in range(listeners.shape[0]):
        if listeners[k].field == fact.field:
            note(m, listeners[k].at, fact.value, fact.event_time_ns / SECONDS)


@part
def move_on(m: Row, level: float, ops: Any, mask: int) -> None:
    """A series' row takes its next level, as an instrument's takes a bar."""
    put_level(m, level, mask)
    for k in range(ops.shape[0]):
        if ops[k].step != READ:
            run_step(ops[k].step, m, ops[k])


@part
def look_around(m: Row, close_ns: int, glances: Any, series: Floats) -> None:
    """What the market, the sector and the VIX are at this close, as an instrument sees them."""
    market = row_of(series, MARKET_ROW)
    m[NOW], m[RATE] = close_ns / SECONDS, market[RATE]
    m[MARKET_BEFORE], m[MARKET] = m[MARKET], market[CLOSE]
    sector = SECTOR_ROWS - 1 + int(m[IN_SECTOR])
    m[SECTOR_BEFORE] = m[SECTOR]
    m[SECTOR] = row_of(series, sector)[CLOSE] if m[IN_SECTOR] > 0.0 else 0.0
    for k in range(glances.shape[0]):
        glance = glances[k]
        place = VIX_ROW if glance.subject > OF_SECTOR else MARKET_ROW
        place = sector if glance.subject == OF_SECTOR else place
        m[glance.at] = np.nan
        if glance.subject != OF_SECTOR or m[IN_SECTOR] > 0.0:
            seen = row_of(series, place)
            m[glance.at] = seen[glance.from_at] if seen[SEEN] >= glance.warm else np.nan


@njit
def take_closed_knowing(
    start: int,
    facts: Any,
    listeners: Any,
    glances: Any,
    series: Floats,
    series_ops: Any,
    mask: int,
    bars: Any,
    session_ns: int,
    rows: Any,
    table: Table,
    memory: Floats,
    ops: Any,
    vectors: Floats,
) -> int:
    """Takes closed bars as `take_closed` does, each close after the facts before it; where those stop."""
    at, first, count = start, 0, bars.shape[0]
    while first < count:
        close_ns, stop = bars[first].event_time_ns, first + 1
        while stop < count and bars[stop].event_time_ns == close_ns:
            stop += 1
        at = take_facts(at, close_ns, facts, rows, table, memory, listeners, series, series_ops, mask)
        for i in range(first, stop):
            m = row_of(memory, find(rows, bars[i].instrument, table))
            look_around(m, close_ns, glances, series)
        take_closed(bars[first:stop], session_ns, rows, table, memory, ops, vectors[first:stop])
        first = stop
    return at


_BOARD: Final = (np.empty(1, LISTENER), np.empty((1, 1)), np.empty(1, OP), 0)
_ROWS: Final = (np.empty(1, STATE), np.empty(1, np.int64), np.empty((1, 1)))
KERNELS: Final[tuple[Pair, ...]] = (
    (
        take_closed_knowing,
        (
            0,
            np.empty(1, FACTS.dtype),
            np.empty(1, LISTENER),
            np.empty(1, GLANCE),
            *_BOARD[1:],
            np.empty(1, BARS.dtype),
            0,
            *_ROWS,
            np.empty(1, OP),
            np.empty((1, 1)),
        ),
    ),
    (take_facts, (0, 0, np.empty(1, FACTS.dtype), *_ROWS, *_BOARD)),
)
"""What to compile before the first bar of a desk whose source tells facts."""
