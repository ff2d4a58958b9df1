"""Learning from bars that are already closed: a warm start, and the data set of training."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.features.state import CLOCK, FREE, STATE, find, give_row
from shared.kernels import Pair, njit, part
from shared.streams import BARS

GOOD: Final = 0
OTHER_INTERVAL: Final = 1
OUT_OF_ORDER: Final = 2
NO_PRICE: Final = 3
BAR_OPEN: Final = 4


Ints = npt.NDArray[np.int64]


@njit
def put_together(
    bars: Any,
    clock: Any,
    shortest_ns: int,
    closes_ns: Ints,
    instruments: npt.NDArray[np.int32],
    intervals_ns: Ints,
    opens: Ints,
    highs: Ints,
    lows: Ints,
    closes: Ints,
    volumes: Ints,
    signed_volumes: Ints,
    trades: npt.NDArray[np.int32],
    vwaps: npt.NDArray[np.float64],
    bids: Ints,
    asks: Ints,
) -> tuple[int, int]:
    """Columns as records; the first bar that must not be learned and why, before anything has changed.

    A session's end cuts bars short, so the shortest bar need not be as long as the grid.
    """
    now = clock[0]
    last = now.watermark_ns
    for i in range(bars.shape[0]):
        bar = bars[i]
        bar.event_time_ns = closes_ns[i]
        bar.instrument = instruments[i]
        bar.interval_ns = intervals_ns[i]
        bar.open = opens[i]
        bar.high = highs[i]
        bar.low = lows[i]
        bar.close = closes[i]
        bar.volume = volumes[i]
        bar.signed_volume = signed_volumes[i]
        bar.trades = trades[i]
        bar.vwap = vwaps[i]
        bar.bid = bids[i]
        bar.ask = asks[i]
        fault = fault_of(bar, now, last, shortest_ns)
        if fault != GOOD:
            return i, fault
        last = bar.event_time_ns - 1
    return 0, GOOD


@part
def fault_of(bar: Any, now: Any, last_ns: int, shortest_ns: int) -> int:
    """Why a bar must not be learned."""
    if now.active > 0:
        return BAR_OPEN
    if bar.interval_ns > now.interval_ns or bar.interval_ns < shortest_ns:
        return OTHER_INTERVAL
    if bar.event_time_ns - 1 < last_ns:
        return OUT_OF_ORDER
    return NO_PRICE if min(min(bar.open, bar.high), min(bar.low, bar.close)) <= 0 else GOOD


@njit
def enter_bars(
    start: int,
    bars: Any,
    clock: Any,
    rows: Any,
    sorted_slots: npt.NDArray[np.int64],
    table: npt.NDArray[np.int64],
) -> int:
    """Takes the instruments and times of bars from `start` on; the bar it stopped at for want of room."""
    now = clock[0]
    for i in range(start, bars.shape[0]):
        bar = bars[i]
        slot = find(rows, bar.instrument, table)
        if slot == FREE:
            if now.known == rows.shape[0]:
                return i
            slot = give_row(bar.instrument, now, rows, sorted_slots, table)
        row = rows[slot]
        row.last_close_ns = bar.event_time_ns
        row.bid = bar.bid
        row.ask = bar.ask
        now.watermark_ns = bar.event_time_ns - 1
    return bars.shape[0]


KERNELS: Final[tuple[Pair, ...]] = (
    (
        enter_bars,
        (
            0,
            np.empty(1, BARS.dtype),
            np.empty(1, CLOCK),
            np.empty(1, STATE),
            np.empty(1, np.int64),
            np.empty(1, np.int64),
        ),
    ),
    (
        put_together,
        (
            np.empty(1, BARS.dtype),
            np.empty(1, CLOCK),
            0,
            *(np.empty(1, column.numpy) for column in BARS.columns),
        ),
    ),
)
"""What to compile before the first bar of history."""
