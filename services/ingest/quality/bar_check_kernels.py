"""What can be wrong with a bar: by itself, and beside the bars before it."""

from __future__ import annotations

from typing import Any, Final

from services.ingest.quality.reasons import Reason
from shared.kernels import njit
from shared.time import DAY_NS

SPLIT_TOLERANCE: Final = 0.025
SIMPLE: Final = (
    (2, 1),
    (3, 1),
    (3, 2),
    (4, 1),
    (5, 1),
    (5, 2),
    (6, 1),
    (7, 1),
    (8, 1),
    (10, 1),
    (15, 1),
    (20, 1),
)
RATIOS: Final = tuple(new / old for new, old in SIMPLE)
JUMP: Final = 1.3
CALM: Final = 3.0
PERSISTS: Final = 3
BACK: Final = 0.1
STAYS: Final = 0.2

NO_RANGE, HIGH_BELOW_LOW = int(Reason.NO_RANGE), int(Reason.HIGH_BELOW_LOW)
OPEN_OUTSIDE, CLOSE_OUTSIDE = int(Reason.OPEN_OUTSIDE), int(Reason.CLOSE_OUTSIDE)
PART_SPLIT, RANGE_SPIKE, BAR_SPIKE = int(Reason.PART_SPLIT), int(Reason.RANGE_SPIKE), int(Reason.BAR_SPIKE)
DUPLICATE, TOO_LATE = int(Reason.DUPLICATE), int(Reason.TOO_LATE)
SPLIT_FOR_A_DAY, UNADJUSTED_SPLIT = int(Reason.SPLIT_FOR_A_DAY), int(Reason.UNADJUSTED_SPLIT)
LEVEL_SHIFT, JUMP_REVERTED = int(Reason.LEVEL_SHIFT), int(Reason.JUMP_REVERTED)


@njit
def fault(open_: int, high: int, low: int, close: int, bounds: Any) -> int:
    """What is wrong with a bar by itself; 0 if nothing."""
    if high <= 0 or low <= 0:
        return NO_RANGE
    if high < low:
        return HIGH_BELOW_LOW
    middle = 0.5 * (float(high) + float(low))
    if close < low or close > high:
        return PART_SPLIT if split_ratio(float(close) / middle) > 0 else CLOSE_OUTSIDE
    if open_ > 0 and (open_ < low or open_ > high):
        return PART_SPLIT if split_ratio(float(open_) / middle) > 0 else OPEN_OUTSIDE
    top = max(open_, close) if open_ > 0 else close
    bottom = min(open_, close) if open_ > 0 else close
    if float(high) > bounds.bar_leap * float(top) or float(low) * bounds.bar_leap < float(bottom):
        return RANGE_SPIKE
    return 0


@njit
def leap(row: Any, time_ns: int, open_: int, close: int, size: int, bounds: Any) -> int:
    """What is wrong with it beside the last bar: time, or a close that leaps without a reason."""
    if row.bar_close == 0:
        return 0
    if time_ns == row.bar_ns:
        return DUPLICATE
    if time_ns < row.bar_ns:
        return TOO_LATE
    ratio = float(close) / float(row.bar_close)
    if ratio <= bounds.bar_leap and ratio * bounds.bar_leap >= 1.0:
        return 0
    if split_ratio(ratio) > 0 and is_calm(row, close, size):
        return 0
    near = abs(close - row.bar_level) * 4 <= row.bar_level
    return 0 if near and row.bar_pending + 1 >= bounds.bar_confirm else BAR_SPIKE


@njit
def wait(row: Any, close: int) -> None:
    """Remembers the level of a refused bar, and how many in a row have stood there."""
    near = row.bar_pending > 0 and abs(close - row.bar_level) * 4 <= row.bar_level
    row.bar_pending = row.bar_pending + 1 if near else 1
    row.bar_level = row.bar_level if near else close


@njit
def aftermath(row: Any, open_: int, close: int, size: int) -> int:
    """What the bars since a jump say of it: a note for this bar, or 0; without a volume none."""
    note = 0
    if row.jump_age > 0:
        row.jump_age += 1
        if apart(close, row.jump_from) <= BACK:
            note = SPLIT_FOR_A_DAY if row.jump_ratio > 0 else JUMP_REVERTED
            row.jump_age = 0
        elif row.jump_age > PERSISTS:
            if row.jump_calm == 1 and apart(close, row.jump_to) <= STAYS:
                note = UNADJUSTED_SPLIT if row.jump_ratio > 0 else LEVEL_SHIFT
            row.jump_age = 0
    if row.jump_age == 0 and note == 0 and row.bar_close > 0 and size > 0 and row.bar_size > 0:
        start = open_ if open_ > 0 else close
        ratio = float(start) / float(row.bar_close)
        if ratio > JUMP or ratio * JUMP < 1.0:
            row.jump_from = row.bar_close
            row.jump_to = start
            row.jump_age = 1
            row.jump_calm = 1 if is_calm(row, close, size) else 0
            row.jump_ratio = split_ratio(ratio)
    return note


@njit
def keep(row: Any, time_ns: int, open_: int, high: int, low: int, close: int, size: int) -> None:
    """The accepted bar is now the last one."""
    row.bar_ns = time_ns
    row.bar_open = open_
    row.bar_high = high
    row.bar_low = low
    row.bar_close = close
    row.bar_size = size
    row.bar_pending = 0


@njit
def is_flat(open_: int, high: int, low: int, close: int, bounds: Any) -> bool:
    """Whether a bar of a day or more has one price only."""
    return bounds.bar_ns >= DAY_NS and open_ == high and high == low and low == close


@njit
def is_repeated(row: Any, open_: int, high: int, low: int, close: int, size: int) -> bool:
    """Whether it is the last bar once more: all prices and a volume."""
    same = open_ == row.bar_open and high == row.bar_high and low == row.bar_low and close == row.bar_close
    return same and size == row.bar_size and size > 0 and high > low


@njit
def is_calm(row: Any, close: int, size: int) -> bool:
    """Whether about as much money changed hands as in the last bar, as no real jump sees."""
    now = float(close) * float(size)
    before = float(row.bar_close) * float(row.bar_size)
    return before > 0.0 and now <= CALM * before and now * CALM >= before


@njit
def apart(price: int, other: int) -> float:
    """How far a price is from another, as a share of that."""
    return abs(float(price) - float(other)) / float(other)


@njit
def split_ratio(ratio: float) -> int:
    """The place (from 1) of the simple ratio that this is near to, up or down; 0 if none."""
    up = ratio if ratio > 1.0 else 1.0 / ratio
    for place in range(len(RATIOS)):
        if abs(up / RATIOS[place] - 1.0) <= SPLIT_TOLERANCE:
            return place + 1
    return 0


@njit
def rescale(row: Any, numerator: int, denominator: int) -> None:
    """Carries the last bar over a split."""
    row.bar_open = row.bar_open * denominator // numerator
    row.bar_high = row.bar_high * denominator // numerator
    row.bar_low = row.bar_low * denominator // numerator
    row.bar_close = row.bar_close * denominator // numerator
    row.bar_size = row.bar_size * numerator // denominator
    row.jump_age = 0
    row.bar_pending = 0
