"""The one pass that judges rows: each gets a reason, and every reason and note is counted.

A refused row leaves no trace but its count and, where it may be the start of something real, a wait for rows
that confirm it. So the accepted rows are judged as if the refused ones had never come.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.ingest.quality import bar_check_kernels as bars
from services.ingest.quality import spike_kernels as spikes
from services.ingest.quality import tick_check_kernels as rules
from services.ingest.quality.plan import BOUNDS
from services.ingest.quality.reasons import Reason
from services.ingest.quality.state import (
    CLOCK,
    COUNT,
    FREE,
    LINE,
    NOTES_A_ROW,
    QUOTES,
    ROW,
    SPLIT,
    TRADES,
    WINDOW,
    count,
    line_of,
    slot_of,
)
from shared.kernels import Pair, column_type, njit
from shared.streams import TICKS
from shared.time import DAY_NS

COLUMNS: Final = tuple(column.name for column in TICKS.columns)
"""What the kernel takes, in its order: all of a tick."""

# Codes as plain numbers, which compiled rules compare fastest.
TRADE_SPIKE, QUOTE_SPIKE, BAR_SPIKE = int(Reason.TRADE_SPIKE), int(Reason.QUOTE_SPIKE), int(Reason.BAR_SPIKE)
SEQUENCE_GAP, FROZEN = int(Reason.SEQUENCE_GAP), int(Reason.FROZEN)
NO_SIZE, NEW_LEVEL, OFF_GRID = int(Reason.NO_SIZE), int(Reason.NEW_LEVEL), int(Reason.OFF_GRID)

Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.int8]


@njit
def judge_rows(
    start: int,
    times: Ints,
    instruments: npt.NDArray[np.int32],
    kinds: Bytes,
    sides: Bytes,
    conditions: npt.NDArray[np.int32],
    bids: Ints,
    asks: Ints,
    bid_sizes: Ints,
    ask_sizes: Ints,
    prices: Ints,
    sizes: Ints,
    opens: Ints,
    highs: Ints,
    lows: Ints,
    numbers: Ints,
    received: Ints,
    bounds_: Any,
    clock: Any,
    rows: Any,
    rings: npt.NDArray[np.int64],
    ordered: npt.NDArray[np.int64],
    lines: Any,
    counts: Any,
    row_table: Ints,
    line_table: Ints,
    count_table: Ints,
    splits: Any,
    session_opens: Ints,
    session_closes: Ints,
    marks: npt.NDArray[np.int16],
    reasons: npt.NDArray[np.int16],
) -> int:
    """Judges rows from `start` on; the row it stopped at for want of room, or one past the end."""
    now, bounds = clock[0], bounds_[0]
    for i in range(start, times.shape[0]):
        if (
            now.known == rows.shape[0]
            or now.lines == lines.shape[0]
            or now.counts + NOTES_A_ROW > counts.shape[0]
        ):
            return i
        t, kind, price, size = times[i], kinds[i], prices[i], sizes[i]
        slot = slot_of(now, rows, instruments[i], row_table)
        row = rows[slot]
        day = t // DAY_NS
        line = row.line
        if line == FREE or lines[line].day != day:
            line = line_of(now, lines, instruments[i], day, line_table)
            row.line = line
        tally = lines[line]
        tally.rows += 1
        k = QUOTES if kind == rules.QUOTE else TRADES
        reason = rules.head_fault(kind, sides[i], row, bounds)
        if reason == 0 and marks[i] > rules.BETWEEN_STEPS:
            reason = rules.text_fault(marks[i], kind, opens[i], highs[i], lows[i], price, size)
        if reason == 0:
            reason = rules.time_fault(now, row, t, received[i], bounds)
        if reason == 0 and row.session_to > row.session_from:
            reason = rules.session_fault(row, t, session_opens, session_closes)
        while reason == 0 and row.split_next < row.split_end and splits[row.split_next].time_ns <= t:
            split_state(row, rings[slot], ordered[slot], splits[row.split_next])
            row.split_next += 1
        if reason == 0 and numbers[i] > 0:
            reason = rules.number_fault(row, k, numbers[i], t, bounds)
        if reason == 0:
            sizes_told = bid_sizes[i], ask_sizes[i]
            reason = rules.body_fault(kind, bids[i], asks[i], sizes_told, price, size, bounds)
        verdict = spikes.INSIDE
        level = price
        if reason == 0:
            if kind == rules.BAR:
                reason = bars.fault(opens[i], highs[i], lows[i], price, bounds)
                if reason == 0:
                    reason = bars.leap(row, t, opens[i], price, size, bounds)
                    if reason == BAR_SPIKE:
                        bars.wait(row, price)
            elif kind == rules.TRADE or (bids[i] > 0 and asks[i] > 0):
                level = price if kind == rules.TRADE else bids[i] + asks[i]
                verdict = spikes.judge(row, k, level, t, ordered[slot, k], bounds)
                if verdict == spikes.OUTSIDE:
                    spikes.wait(row, k, level, bounds)
                    reason = TRADE_SPIKE if kind == rules.TRADE else QUOTE_SPIKE
        reasons[i] = reason
        if reason > 0:
            tally.refused += 1
            count(now, counts, line, reason, t, count_table)
            continue

        tally.accepted += 1
        notes = now.noted
        if marks[i] & rules.BETWEEN_STEPS:
            rules.note(now, counts, line, OFF_GRID, t, count_table)
        if kind == rules.BAR:
            rules.note_bar(
                now, counts, line, row, t, opens[i], highs[i], lows[i], price, size, bounds, count_table
            )
            bars.keep(row, t, opens[i], highs[i], lows[i], price, size)
        else:
            if verdict == spikes.CONFIRMED:
                rules.note(now, counts, line, NEW_LEVEL, t, count_table)
            if kind == rules.TRADE or (bids[i] > 0 and asks[i] > 0):
                afresh = verdict == spikes.CONFIRMED or t - row.priced_ns[k] > bounds.pause_ns
                spikes.take(row, k, level, t, rings[slot, k], ordered[slot, k], afresh)
            if kind == rules.TRADE and size == 0:
                rules.note(now, counts, line, NO_SIZE, t, count_table)
            if rules.is_frozen(row, bids[i], asks[i], bid_sizes[i], ask_sizes[i], price, size, bounds):
                rules.note(now, counts, line, FROZEN, t, count_table)
        if numbers[i] > 0:
            missed = rules.take_number(row, k, numbers[i])
            tally.missing += missed
            if missed > 0:
                rules.note(now, counts, line, SEQUENCE_GAP, t, count_table)
        rules.note_times(now, counts, line, row, t, bounds, count_table)
        if received[i] > 0:
            rules.note_lag(now, counts, line, tally, t, received[i], bounds, count_table)
        tally.noted += 1 if now.noted > notes else 0
        rules.keep_times(now, tally, row, t)
    return times.shape[0]


@njit
def split_state(row: Any, rings: Any, ordered: Any, split: Any) -> None:
    """Carries all that is remembered of an instrument's prices over a split."""
    for k in range(2):
        spikes.rescale(row, rings[k], ordered[k], k, split.numerator, split.denominator)
    bars.rescale(row, split.numerator, split.denominator)


_DTYPES: Final = {column.name: column.numpy for column in TICKS.columns}
KERNELS: Final[tuple[Pair, ...]] = (
    (
        judge_rows,
        (
            0,
            *(column_type(_DTYPES[name]) for name in COLUMNS),
            np.empty(1, BOUNDS),
            np.empty(1, CLOCK),
            np.empty(1, ROW),
            np.empty((1, 2, WINDOW), np.int64),
            np.empty((1, 2, WINDOW), np.int64),
            np.empty(1, LINE),
            np.empty(1, COUNT),
            np.empty(1, np.int64),
            np.empty(1, np.int64),
            np.empty(1, np.int64),
            np.empty(1, SPLIT),
            np.empty(1, np.int64),
            np.empty(1, np.int64),
            np.empty(1, np.int16),
            np.empty(1, np.int16),
        ),
    ),
)
"""What to compile before the first tick."""
