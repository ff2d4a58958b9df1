"""Building bars: which bar a tick belongs to, when a bar is complete, and what it then holds.

A bar with close T holds ticks with T - interval <= time < T: a tick exactly at the close is the next bar's.
Trades make the prices. An instrument that was quoted on both sides but did not trade gets the middle of its
quotes, rounded down to a tick; one that did neither gets no bar. Rows of bars merge in as the trades they
stand for. A trade whose sale condition says that its price is not of its moment adds to the volume alone.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.features.state import CLOCK, FREE, STATE, find, give_row
from shared.kernels import Pair, njit
from shared.streams import BARS, TICKS

TRADE: Final = 1
QUOTE: Final = 2
BAR: Final = 3

GOOD: Final = 0
BAD_KIND: Final = 1
OUT_OF_ORDER: Final = 2
TOO_LATE: Final = 3
NO_PRICE: Final = 4
BAD_SIZE: Final = 5

TICK_COLUMNS: Final = (
    "event_time_ns",
    "instrument",
    "kind",
    "side",
    "conditions",
    "bid",
    "ask",
    "price",
    "size",
    "open",
    "high",
    "low",
)
"""What the kernel takes, in its order."""

FARTHEST_NS: Final = 1 << 62
LARGEST: Final = 1 << 53

Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.int8]
Bits = npt.NDArray[np.int32]


@njit
def first_fault(times: Ints, kinds: Bytes, prices: Ints, sizes: Ints, low: Ints, now: Any) -> tuple[int, int]:
    """The first row that must not be taken and why, before anything has changed."""
    watermark, last = now.watermark_ns, now.last_tick_ns
    for i in range(times.shape[0]):
        if kinds[i] < TRADE or kinds[i] > BAR:
            return i, BAD_KIND
        if times[i] < last or times[i] > FARTHEST_NS or times[i] < -FARTHEST_NS:
            return i, OUT_OF_ORDER
        if times[i] <= watermark:
            return i, TOO_LATE
        if kinds[i] != QUOTE and (prices[i] <= 0 or prices[i] > LARGEST):
            return i, NO_PRICE
        if sizes[i] < 0 or sizes[i] > LARGEST or (kinds[i] == BAR and low[i] <= 0):
            return i, BAD_SIZE
        last = times[i]
    return 0, GOOD


@njit
def roll_bars(
    start: int,
    watermark_ns: int,
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
    clock: Any,
    rows: Any,
    sorted_slots: Ints,
    table: Ints,
    closed: Any,
) -> int:
    """Takes ticks from `start` on; the row it stopped at, or one past the end when all is done.

    It stops where room runs out, for closed bars or for new instruments, and goes on when called again.
    """
    now = clock[0]
    ticks = times.shape[0]
    if start == 0:
        now.fault_row, now.fault = first_fault(times, kinds, prices, sizes, lows, now)
        if now.fault != GOOD:
            return ticks + 1
    for i in range(start, ticks + 1):
        time_ns = times[i] if i < ticks else watermark_ns + 1
        if now.active > 0 and time_ns >= now.close_ns:
            if now.closed_rows + now.active > closed.shape[0]:
                return i
            close_bars(now, rows, sorted_slots, closed)
        if i == ticks:
            break
        slot = find(rows, instruments[i], table)
        if slot == FREE:
            if now.known == rows.shape[0]:
                return i
            slot = give_row(instruments[i], now, rows, sorted_slots, table)
        row = rows[slot]
        if now.active == 0:
            passed = (time_ns - now.origin_ns) // now.interval_ns
            now.close_ns = now.origin_ns + (passed + 1) * now.interval_ns
        if row.ticks == 0:
            now.active += 1
        row.ticks += 1
        if kinds[i] == TRADE and conditions[i] & now.ignored:
            take_volume(row, sizes[i], sides[i])
        elif kinds[i] == TRADE:
            take_trade(row, prices[i], sizes[i], sides[i])
        elif kinds[i] == BAR:
            take_bar(row, opens[i], highs[i], lows[i], prices[i], sizes[i], sides[i])
        take_quote(row, kinds[i], bids[i], asks[i])
        now.last_tick_ns = time_ns
    now.watermark_ns = max(now.watermark_ns, watermark_ns)
    return ticks + 1


@njit
def take_trade(row: Any, price: int, size: int, side: int) -> None:
    """A trade moves the bar's prices and adds to its volume."""
    if row.prints == 0:
        row.open = price
        row.high = price
        row.low = price
    row.high = max(row.high, price)
    row.low = min(row.low, price)
    row.close = price
    row.notional += float(price) * float(size)
    row.priced_volume += size
    row.prints += 1
    take_volume(row, size, side)


@njit
def take_volume(row: Any, size: int, side: int) -> None:
    """What was traded, at whatever price."""
    row.volume += size
    row.signed_volume += side * size
    row.trades += 1


@njit
def take_bar(row: Any, open_: int, high: int, low: int, close: int, size: int, side: int) -> None:
    """A bar merges in; how many trades it stands for is unknown, and its mean price is the typical one."""
    if row.prints == 0:
        row.open = open_ if open_ > 0 else close
        row.high = close
        row.low = close
    row.high = max(row.high, max(high, close))
    row.low = min(row.low, min(low, close))
    row.close = close
    row.volume += size
    row.signed_volume += side * size
    row.notional += (float(high) + float(low) + float(close)) / 3.0 * float(size)
    row.priced_volume += size
    row.prints += 1


@njit
def take_quote(row: Any, kind: int, bid: int, ask: int) -> None:
    """The best prices now; a trade or bar that carries none leaves them, a quote of none takes them away."""
    if kind == QUOTE or bid > 0:
        row.bid = bid
    if kind == QUOTE or ask > 0:
        row.ask = ask
    if kind != QUOTE or bid <= 0 or ask <= 0:
        return
    middle = (bid + ask) // 2
    if row.mids == 0:
        row.mid_open = middle
        row.mid_high = middle
        row.mid_low = middle
    row.mid_high = max(row.mid_high, middle)
    row.mid_low = min(row.mid_low, middle)
    row.mid_close = middle
    row.mids += 1


@njit
def close_bars(now: Any, rows: Any, sorted_slots: Ints, closed: Any) -> None:
    """Writes the bar of every instrument that has one, in order of instrument."""
    for place in range(now.known):
        row = rows[sorted_slots[place]]
        if row.ticks == 0:
            continue
        if row.prints > 0 or row.mids > 0:
            bar = closed[now.closed_rows]
            write_bar(row, now.close_ns, now.interval_ns, bar)
            row.last_close_ns = now.close_ns
            now.closed_rows += 1
        start_bar(row)
    now.active = 0


@njit
def write_bar(row: Any, close_ns: int, interval_ns: int, bar: Any) -> None:
    """The finished bar of one instrument."""
    traded = row.prints > 0
    bar.event_time_ns = close_ns
    bar.instrument = row.instrument
    bar.interval_ns = interval_ns
    bar.open = row.open if traded else row.mid_open
    bar.high = row.high if traded else row.mid_high
    bar.low = row.low if traded else row.mid_low
    bar.close = row.close if traded else row.mid_close
    bar.volume = row.volume
    bar.signed_volume = row.signed_volume
    bar.trades = row.trades
    bar.vwap = row.notional / float(row.priced_volume) if row.priced_volume > 0 else float(bar.close)
    bar.bid = row.bid
    bar.ask = row.ask


@njit
def start_bar(row: Any) -> None:
    """Forgets the finished bar; the best prices stay."""
    row.ticks = 0
    row.prints = 0
    row.open = 0
    row.high = 0
    row.low = 0
    row.close = 0
    row.volume = 0
    row.priced_volume = 0
    row.signed_volume = 0
    row.trades = 0
    row.notional = 0.0
    row.mids = 0
    row.mid_open = 0
    row.mid_high = 0
    row.mid_low = 0
    row.mid_close = 0


_DTYPES: Final = {column.name: column.numpy for column in TICKS.columns}
KERNELS: Final[tuple[Pair, ...]] = (
    (
        roll_bars,
        (
            0,
            0,
            *(np.empty(0, _DTYPES[name]) for name in TICK_COLUMNS),
            np.empty(1, CLOCK),
            np.empty(1, STATE),
            np.empty(1, np.int64),
            np.empty(1, np.int64),
            np.empty(1, BARS.dtype),
        ),
    ),
)
"""What to compile before the first tick."""
