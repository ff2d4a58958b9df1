"""Learning from bars that are already closed: a warm start, and the data set of training."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.features.state import CLOCK, FREE, STATE, add_to_index, find
from shared.kernels import Pair, njit
from shared.streams import BARS
from shared.time import BEFORE_TAPE

GOOD: Final = 0
OTHER_INTERVAL: Final = 1
OUT_OF_ORDER: Final = 2
NO_PRICE: Final = 3
BAR_OPEN: Final = 4


Ints = npt.NDArray[np.int64]


@njit
def put_together(
    bars: Any,
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
) -> None:
    """Columns as records, in one pass."""
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


@njit
def first_fault(bars: Any, clock: Any, shortest_ns: int) -> tuple[int, int]:
    """The first bar that must not be learned and why, before anything has changed.

    A session's end cuts bars short, so the shortest bar need not be as long as the grid.
    """
    last = clock[0].watermark_ns
    for i in range(bars.shape[0]):
        bar = bars[i]
        if clock[0].active > 0:
            return i, BAR_OPEN
        if bar.interval_ns > clock[0].interval_ns or bar.interval_ns < shortest_ns:
            return i, OTHER_INTERVAL
        if bar.event_time_ns - 1 < last:
            return i, OUT_OF_ORDER
        if min(min(bar.open, bar.high), min(bar.low, bar.close)) <= 0:
            return i, NO_PRICE
        last = bar.event_time_ns - 1
    return 0, GOOD


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
            slot = now.known
            rows[slot].instrument = bar.instrument
            rows[slot].last_close_ns = BEFORE_TAPE
            add_to_index(rows, slot, sorted_slots, table)
            now.known += 1
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
    (first_fault, (np.empty(1, BARS.dtype), np.empty(1, CLOCK), 0)),
    (put_together, (np.empty(1, BARS.dtype), *(np.empty(1, column.numpy) for column in BARS.columns))),
)
"""What to compile before the first bar of history."""
