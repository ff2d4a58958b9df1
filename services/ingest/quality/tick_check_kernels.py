"""What can be wrong with a tick: with its head, its time, the venue's number, its prices and its quote."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.ingest.quality import bar_check_kernels as bars
from services.ingest.quality.reasons import Reason
from services.ingest.quality.state import count
from shared.kernels import njit
from shared.time import BEFORE_TAPE, DAY_NS

TRADE: Final = 1
QUOTE: Final = 2
BAR: Final = 3
BETWEEN_STEPS: Final = 3
NO_NUMBER: Final = 4
VANISHED: Final = 8
SEEN_BEFORE: Final = 16
"""Marks of a reader: a price (1) or size (2) between two steps was rounded, a number was none, a price
vanished because it is below the grid, the source itself has told the row before."""
DENSE: Final = 64
"""Steps of one after which a venue's numbers are taken to leave none out."""
REMEMBERED: Final = 62
"""Numbers of the venue that are remembered one by one."""
MASK: Final = (1 << 62) - 1

# Codes as plain numbers, which compiled rules compare fastest.
NOT_A_NUMBER, BELOW_GRID = int(Reason.NOT_A_NUMBER), int(Reason.BELOW_GRID)
UNKNOWN_KIND, UNKNOWN_SIDE = int(Reason.UNKNOWN_KIND), int(Reason.UNKNOWN_SIDE)
UNKNOWN_INSTRUMENT, IMPOSSIBLE_TIME = int(Reason.UNKNOWN_INSTRUMENT), int(Reason.IMPOSSIBLE_TIME)
FAR_AHEAD, TOO_LATE, OFF_SESSION = int(Reason.FAR_AHEAD), int(Reason.TOO_LATE), int(Reason.OFF_SESSION)
DUPLICATE, OLD_SEQUENCE = int(Reason.DUPLICATE), int(Reason.OLD_SEQUENCE)
ZERO_PRICE, NEGATIVE_PRICE = int(Reason.ZERO_PRICE), int(Reason.NEGATIVE_PRICE)
IMPOSSIBLE_PRICE, IMPOSSIBLE_SIZE = int(Reason.IMPOSSIBLE_PRICE), int(Reason.IMPOSSIBLE_SIZE)
NEGATIVE_SIZE, EMPTY_QUOTE = int(Reason.NEGATIVE_SIZE), int(Reason.EMPTY_QUOTE)
NEGATIVE_QUOTE, NEGATIVE_QUOTE_SIZE = int(Reason.NEGATIVE_QUOTE), int(Reason.NEGATIVE_QUOTE_SIZE)
CROSSED_QUOTE, STUB_QUOTE = int(Reason.CROSSED_QUOTE), int(Reason.STUB_QUOTE)
TRADE_SPIKE, QUOTE_SPIKE, BAR_SPIKE = int(Reason.TRADE_SPIKE), int(Reason.QUOTE_SPIKE), int(Reason.BAR_SPIKE)
LATE, SEQUENCE_GAP, STALE, FROZEN = (
    int(Reason.LATE),
    int(Reason.SEQUENCE_GAP),
    int(Reason.STALE),
    int(Reason.FROZEN),
)
RECEIVED_EARLY, RECEIVED_LATE = int(Reason.RECEIVED_EARLY), int(Reason.RECEIVED_LATE)
NO_SIZE, MISSING_OPEN = int(Reason.NO_SIZE), int(Reason.MISSING_OPEN)
FLAT_BAR, REPEATED_BAR, NEW_LEVEL = int(Reason.FLAT_BAR), int(Reason.REPEATED_BAR), int(Reason.NEW_LEVEL)

Ints = npt.NDArray[np.int64]


@njit
def note(now: Any, counts: Any, line: int, code: int, time_ns: int, table: Ints) -> None:
    """Counts what is to be said of an accepted row."""
    now.noted += 1
    count(now, counts, line, code, time_ns, table)


@njit
def note_bar(
    now: Any,
    counts: Any,
    line: int,
    row: Any,
    time_ns: int,
    open_: int,
    high: int,
    low: int,
    close: int,
    size: int,
    bounds: Any,
    table: Ints,
) -> None:
    """Counts what is to be said of an accepted bar."""
    if open_ == 0:
        note(now, counts, line, MISSING_OPEN, time_ns, table)
    if bars.is_flat(open_, high, low, close, bounds):
        note(now, counts, line, FLAT_BAR, time_ns, table)
    elif bars.is_repeated(row, open_, high, low, close, size):
        note(now, counts, line, REPEATED_BAR, time_ns, table)
    after = bars.aftermath(row, open_, close, size)
    if after > 0:
        note(now, counts, line, after, time_ns, table)


@njit
def text_fault(marks: int, kind: int, open_: int, high: int, low: int, close: int, size: int) -> int:
    """Of a row whose text says more than its numbers: a bar may lack its open and nothing else."""
    if marks & SEEN_BEFORE:
        return DUPLICATE
    if marks & VANISHED:
        return BELOW_GRID
    if not marks & NO_NUMBER:
        return 0
    whole = kind == BAR and open_ == 0 and high > 0 and low > 0 and close > 0 and size > 0
    return 0 if whole else NOT_A_NUMBER


@njit
def head_fault(kind: int, side: int, row: Any, bounds: Any) -> int:
    """Whether the row is a tick at all, and of something that we know."""
    if kind < TRADE or kind > BAR:
        return UNKNOWN_KIND
    if side < -1 or side > 1:
        return UNKNOWN_SIDE
    if bounds.described_only == 1 and row.described == 0:
        return UNKNOWN_INSTRUMENT
    return 0


@njit
def latest_of(now: Any, row: Any, bounds: Any) -> int:
    """The time that a row must not be late for: the source's, or that of its own instrument."""
    return row.last_ns if bounds.by_instrument == 1 else now.latest_ns


@njit
def time_fault(now: Any, row: Any, time_ns: int, received_ns: int, bounds: Any) -> int:
    """Whether the row comes from a possible time, within the lateness bound, and not from far ahead."""
    if time_ns < bounds.from_ns or time_ns > bounds.until_ns:
        return IMPOSSIBLE_TIME
    if received_ns > 0 and time_ns - received_ns > bounds.ahead_of_receipt_ns:
        return IMPOSSIBLE_TIME
    if time_ns <= now.promised_ns:
        return TOO_LATE
    if now.latest_ns == BEFORE_TAPE:
        return 0
    latest = latest_of(now, row, bounds)
    if latest > BEFORE_TAPE and time_ns < latest - bounds.lateness_ns:
        return TOO_LATE
    if time_ns - now.latest_ns > bounds.ahead_ns:
        near = now.ahead_n > 0 and abs(time_ns - now.ahead_ns) <= bounds.ahead_ns
        now.ahead_n = now.ahead_n + 1 if near else 1
        now.ahead_ns = time_ns
        return 0 if now.ahead_n >= bounds.confirm else FAR_AHEAD
    return 0


@njit
def session_fault(row: Any, time_ns: int, opens: Ints, closes: Ints) -> int:
    """Whether the venue was open; the session of the last row is looked at first."""
    if row.open_ns <= time_ns < row.close_ns:
        return 0
    low, high = row.session_from, row.session_to
    while low < high:
        middle = (low + high) // 2
        if opens[middle] <= time_ns:
            low = middle + 1
        else:
            high = middle
    place = low - 1
    if place < row.session_from or time_ns >= closes[place]:
        return OFF_SESSION
    row.open_ns = opens[place]
    row.close_ns = closes[place]
    return 0


@njit
def number_fault(row: Any, k: int, number: int, time_ns: int, bounds: Any) -> int:
    """Whether the venue's number was seen before, or may have been; numbers may start afresh on a new day."""
    last = row.seq[k]
    if last == 0 or number > last:
        return 0
    back = last - number
    if back < REMEMBERED and (row.mask[k] >> back) & 1 == 0:
        return 0
    if time_ns // DAY_NS > row.last_ns // DAY_NS:
        return 0
    if back < REMEMBERED:
        return DUPLICATE
    row.old_n[k] = row.old_n[k] + 1 if number > row.old_seq[k] else 1
    row.old_seq[k] = number
    return 0 if row.old_n[k] >= bounds.confirm else OLD_SEQUENCE


@njit
def take_number(row: Any, k: int, number: int) -> int:
    """Remembers the number of an accepted row; how many are missing before it, where none should be."""
    last = row.seq[k]
    step = number - last
    if last == 0 or step <= -REMEMBERED or (step <= 0 and (row.mask[k] >> -step) & 1 == 1):
        row.seq[k] = number
        row.mask[k] = 1
        row.run[k] = 0
        row.old_n[k] = 0
        return 0
    if step < 0:
        row.mask[k] |= 1 << -step
        return -1 if 2 * row.run[k] >= DENSE else 0
    row.seq[k] = number
    row.mask[k] = ((row.mask[k] << step) & MASK) | 1 if step < REMEMBERED else 1
    row.old_n[k] = 0
    if step == 1:
        row.run[k] = min(row.run[k] + 1, 4 * DENSE)
        return 0
    is_dense = row.run[k] >= DENSE
    row.run[k] //= 2
    return step - 1 if is_dense else 0


@njit
def body_fault(
    kind: int, bid: int, ask: int, quoted: tuple[int, int], price: int, size: int, bounds: Any
) -> int:
    """Whether the prices and sizes that a row of its kind carries are possible."""
    if kind == QUOTE:
        return quote_fault(bid, ask, quoted[0], quoted[1], bounds)
    fault = price_fault(price, size, bounds)
    return fault if fault > 0 else side_quote_fault(bid, ask)


@njit
def price_fault(price: int, size: int, bounds: Any) -> int:
    """Whether a trade or bar has a possible price and size."""
    if price == 0:
        return ZERO_PRICE
    if price < 0:
        return NEGATIVE_PRICE
    if price > bounds.most_price:
        return IMPOSSIBLE_PRICE
    if size < 0:
        return NEGATIVE_SIZE
    return IMPOSSIBLE_SIZE if size > bounds.most_size else 0


@njit
def side_quote_fault(bid: int, ask: int) -> int:
    """Whether the quote that a trade or bar carries, if any, is one."""
    if bid < 0 or ask < 0:
        return NEGATIVE_QUOTE
    return CROSSED_QUOTE if bid > ask > 0 else 0


@njit
def quote_fault(bid: int, ask: int, bid_size: int, ask_size: int, bounds: Any) -> int:
    """Whether a quote can be meant; one side alone is a quote."""
    if bid < 0 or ask < 0:
        return NEGATIVE_QUOTE
    if bid == 0 and ask == 0:
        return EMPTY_QUOTE
    if max(bid, ask) > bounds.most_price:
        return IMPOSSIBLE_PRICE
    if bid_size < 0 or ask_size < 0:
        return NEGATIVE_QUOTE_SIZE
    if max(bid_size, ask_size) > bounds.most_size:
        return IMPOSSIBLE_SIZE
    if bid == 0 or ask == 0:
        return 0
    if bid > ask:
        return CROSSED_QUOTE
    return STUB_QUOTE if float(ask) > bounds.stub * float(bid) else 0


@njit
def is_frozen(
    row: Any, bid: int, ask: int, bid_size: int, ask_size: int, price: int, size: int, bounds: Any
) -> bool:
    """Whether the instrument has been giving the same row for too long; it remembers this one."""
    same = bid == row.bid and ask == row.ask and price == row.price and size == row.lots
    if same and bid_size == row.bid_size and ask_size == row.ask_size:
        row.same += 1
        return bounds.frozen_rows > 0 and row.same >= bounds.frozen_rows
    row.bid = bid
    row.ask = ask
    row.bid_size = bid_size
    row.ask_size = ask_size
    row.price = price
    row.lots = size
    row.same = 0
    return False


@njit
def note_times(now: Any, counts: Any, line: int, row: Any, time_ns: int, bounds: Any, table: Ints) -> None:
    """Counts an accepted row that is late, or the first after a silence."""
    if time_ns < latest_of(now, row, bounds):
        note(now, counts, line, LATE, time_ns, table)
    if bounds.stale_ns > 0 and row.seen > 0 and time_ns - row.last_ns > bounds.stale_ns:
        note(now, counts, line, STALE, time_ns, table)


@njit
def note_lag(
    now: Any, counts: Any, line: int, tally: Any, time_ns: int, received_ns: int, bounds: Any, table: Ints
) -> None:
    """Keeps how long after it happened an accepted row was received, and counts what is odd."""
    lag_ns = received_ns - time_ns
    tally.lag_least_ns = lag_ns if tally.lag_rows == 0 else min(tally.lag_least_ns, lag_ns)
    tally.lag_rows += 1
    tally.lag_sum_ns += lag_ns
    if lag_ns < -bounds.skew_ns:
        note(now, counts, line, RECEIVED_EARLY, time_ns, table)
    elif lag_ns > bounds.slow_ns:
        note(now, counts, line, RECEIVED_LATE, time_ns, table)


@njit
def keep_times(now: Any, tally: Any, row: Any, time_ns: int) -> None:
    """How far an accepted row has taken time: the day's, the instrument's and the source's."""
    if tally.first_ns == 0 or time_ns < tally.first_ns:
        tally.first_ns = time_ns
    tally.last_ns = max(tally.last_ns, time_ns)
    row.seen += 1
    row.last_ns = max(row.last_ns, time_ns)
    now.latest_ns = max(now.latest_ns, time_ns)
    now.ahead_n = 0
