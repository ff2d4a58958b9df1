"""Bars by the clock or by what happened, each instrument on its own: the loop behind `building.py`.

The rows of a bar are taken by the same rules as on a live desk. Bars by activity (ticks, volume, dollars,
imbalance) end behind the moment at which their size was reached: all that happened to an instrument within
one nanosecond is in one bar, so that no two bars of an instrument share a close. What is left over does not
count towards the next bar.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.features.bar_kernels import (
    BAR,
    FARTHEST_NS,
    GOOD,
    QUOTE,
    TICK_COLUMNS,
    TRADE,
    Bits,
    Bytes,
    Ints,
    first_fault,
    start_bar,
    take_bar,
    take_quote,
    take_trade,
    take_volume,
    write_bar,
)
from services.features.state import CLOCK, FREE, STATE, find
from shared.kernels import Pair, njit
from shared.streams import BARS, TICKS

TIME: Final = 0
TICK: Final = 1
VOLUME: Final = 2
DOLLAR: Final = 3
IMBALANCE: Final = 4
QUOTES: Final = 5

MARK: Final = np.dtype(
    (
        np.record,
        np.dtype(
            [
                ("size", np.float64),
                ("reached", np.float64),
                ("first_ns", np.int64),
                ("close_ns", np.int64),
                ("last_price", np.int64),
                ("direction", np.int64),
                ("session", np.int64),
                ("sessions_end", np.int64),
                ("by_session", np.int64),
            ],
            align=True,
        ),
    )
)
"""How far an instrument's open bar has come, when it ends, and where its calendar lies among all sessions."""


@njit
def build_bars(
    start: int,
    watermark_ns: int,
    kind: int,
    times: Ints,
    instruments: npt.NDArray[np.int32],
    kinds: Bytes,
    sides: Bytes,
    conditions: Bits,
    bids: Ints,
    asks: Ints,
    prices: Ints,
    sizes: Ints,
    opens: Ints,
    highs: Ints,
    lows: Ints,
    session_opens: Ints,
    session_closes: Ints,
    clock: Any,
    rows: Any,
    marks: Any,
    sorted_slots: Ints,
    table: Ints,
    closed: Any,
) -> int:
    """Takes ticks from `start` on; the row it stopped at, or one past the end when all is done.

    It stops at an unknown instrument and where room for closed bars runs out, and goes on when called again.
    """
    now = clock[0]
    ticks = times.shape[0]
    if start == 0:
        now.fault_row, now.fault = first_fault(times, kinds, prices, sizes, lows, now)
        if now.fault != GOOD:
            return ticks + 1
    for i in range(start, ticks):
        slot = find(rows, instruments[i], table)
        if slot == FREE or now.closed_rows == closed.shape[0]:
            return i
        row, mark, time_ns = rows[slot], marks[slot], times[i]
        now.last_tick_ns = time_ns
        if row.ticks > 0 and time_ns >= mark.close_ns:
            end_bar(now, kind, row, mark, closed)
        if row.ticks == 0:
            if kind != TIME:
                mark.first_ns = time_ns
                mark.close_ns = FARTHEST_NS
                mark.reached = 0.0
            elif mark.by_session and not enter_session(mark, time_ns, session_opens, session_closes):
                continue
            else:
                open_time_bar(now, mark, time_ns, session_opens, session_closes)
            now.active += 1
        row.ticks += 1
        priced = kinds[i] == BAR or (kinds[i] == TRADE and conditions[i] & now.ignored == 0)
        if kinds[i] == BAR:
            take_bar(row, opens[i], highs[i], lows[i], prices[i], sizes[i], sides[i])
        elif priced:
            take_trade(row, prices[i], sizes[i], sides[i])
        elif kinds[i] == TRADE:
            take_volume(row, sizes[i], sides[i])
        take_quote(row, kinds[i], bids[i], asks[i])
        if kind == QUOTES:
            mark.reached += 1.0 if kinds[i] == QUOTE and bids[i] > 0 and asks[i] > 0 else 0.0
        elif kind != TIME and priced:
            mark.reached += progress(kind, mark, prices[i], sizes[i], sides[i])
        if kind != TIME and mark.close_ns == FARTHEST_NS and abs(mark.reached) >= mark.size:
            mark.close_ns = time_ns + 1
    if kind == TIME and watermark_ns < now.close_ns - 1:
        now.watermark_ns = max(now.watermark_ns, watermark_ns)
        return ticks + 1
    if closed.shape[0] - now.closed_rows < now.known:
        return ticks
    now.close_ns = FARTHEST_NS
    for place in range(now.known):
        row, mark = rows[sorted_slots[place]], marks[sorted_slots[place]]
        if row.ticks > 0 and mark.close_ns - 1 <= watermark_ns:
            end_bar(now, kind, row, mark, closed)
        elif row.ticks > 0:
            now.close_ns = min(now.close_ns, mark.close_ns)
    now.watermark_ns = max(now.watermark_ns, watermark_ns)
    return ticks + 1


@njit
def progress(kind: int, mark: Any, price: int, size: int, side: int) -> float:
    """What a trade adds towards the bar's size; where nobody knows its aggressor, the last move tells."""
    if price != mark.last_price and mark.last_price > 0:
        mark.direction = 1 if price > mark.last_price else -1
    mark.last_price = price
    if kind == TICK:
        return 1.0
    if kind == VOLUME:
        return float(size)
    if kind == DOLLAR:
        return float(price) * float(size)
    return float(side if side != 0 else mark.direction) * float(size)


@njit
def enter_session(mark: Any, time_ns: int, session_opens: Ints, session_closes: Ints) -> bool:
    """Goes on to the session that ends after this time; whether it has begun."""
    while mark.session < mark.sessions_end and time_ns >= session_closes[mark.session]:
        mark.session += 1
    return mark.session < mark.sessions_end and time_ns >= session_opens[mark.session]


@njit
def open_time_bar(now: Any, mark: Any, time_ns: int, session_opens: Ints, session_closes: Ints) -> None:
    """The grid's bar at this time; a session's grid begins at its open and its last bar ends at its close."""
    origin_ns = session_opens[mark.session] if mark.by_session else now.origin_ns
    mark.first_ns = origin_ns + (time_ns - origin_ns) // now.interval_ns * now.interval_ns
    mark.close_ns = mark.first_ns + now.interval_ns
    if mark.by_session:
        mark.close_ns = min(mark.close_ns, session_closes[mark.session])
    now.close_ns = min(now.close_ns, mark.close_ns)


@njit
def end_bar(now: Any, kind: int, row: Any, mark: Any, closed: Any) -> None:
    """Writes the bar if it has prices, and begins anew."""
    if row.prints > 0 or row.mids > 0:
        write_bar(row, mark.close_ns, mark.close_ns - mark.first_ns, closed[now.closed_rows])
        row.last_close_ns = mark.close_ns
        now.closed_rows += 1
    start_bar(row)
    now.active -= 1


_DTYPES: Final = {column.name: column.numpy for column in TICKS.columns}
KERNELS: Final[tuple[Pair, ...]] = (
    (
        build_bars,
        (
            0,
            0,
            0,
            *(np.empty(0, _DTYPES[name]) for name in TICK_COLUMNS),
            np.empty(0, np.int64),
            np.empty(0, np.int64),
            np.empty(1, CLOCK),
            np.empty(1, STATE),
            np.empty(1, MARK),
            np.empty(1, np.int64),
            np.empty(1, np.int64),
            np.empty(1, BARS.dtype),
        ),
    ),
)
"""What to compile before the first tick."""
