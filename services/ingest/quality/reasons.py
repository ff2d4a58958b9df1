"""Every reason to refuse a tick or to note it: the closed list that quarantine and reports speak in."""

import enum
from typing import Final

ACCEPTED: Final = 0
FIRST_NOTE: Final = 64
CODES: Final = 96
"""Room for a count of every code."""


class Reason(enum.IntEnum):
    """Below 64 a row is refused and goes to quarantine; from 64 on it is accepted and counted."""

    NOT_A_NUMBER = 1
    INFINITE = 2
    UNKNOWN_KIND = 3
    UNKNOWN_SIDE = 4
    UNKNOWN_INSTRUMENT = 5
    IMPOSSIBLE_TIME = 6
    FAR_AHEAD = 7
    TOO_LATE = 8
    OFF_SESSION = 9
    DUPLICATE = 10
    OLD_SEQUENCE = 11
    ZERO_PRICE = 12
    NEGATIVE_PRICE = 13
    IMPOSSIBLE_PRICE = 14
    NEGATIVE_SIZE = 15
    IMPOSSIBLE_SIZE = 16
    EMPTY_QUOTE = 17
    NEGATIVE_QUOTE = 18
    NEGATIVE_QUOTE_SIZE = 19
    CROSSED_QUOTE = 20
    STUB_QUOTE = 21
    TRADE_SPIKE = 22
    QUOTE_SPIKE = 23
    BAR_SPIKE = 24
    NO_RANGE = 25
    HIGH_BELOW_LOW = 26
    OPEN_OUTSIDE = 27
    CLOSE_OUTSIDE = 28
    PART_SPLIT = 29
    RANGE_SPIKE = 30
    BELOW_GRID = 31
    LATE = 64
    SEQUENCE_GAP = 65
    RECEIVED_EARLY = 66
    RECEIVED_LATE = 67
    STALE = 68
    FROZEN = 69
    NO_SIZE = 70
    OFF_GRID = 71
    MISSING_OPEN = 72
    FLAT_BAR = 73
    REPEATED_BAR = 74
    SPLIT_FOR_A_DAY = 75
    UNADJUSTED_SPLIT = 76
    LEVEL_SHIFT = 77
    JUMP_REVERTED = 78
    NEW_LEVEL = 79


MEANING: Final = {
    Reason.NOT_A_NUMBER: "a price or size is missing or is not a number",
    Reason.INFINITE: "a price or size is infinite",
    Reason.UNKNOWN_KIND: "the row is neither trade, quote nor bar",
    Reason.UNKNOWN_SIDE: "the aggressor is neither buyer, seller nor unknown",
    Reason.UNKNOWN_INSTRUMENT: "nobody described this instrument, and the plan wants it described",
    Reason.IMPOSSIBLE_TIME: "the event time lies outside the span that the plan allows, or after its receipt",
    Reason.FAR_AHEAD: "the event time leaps ahead of everything seen, and nothing has confirmed the leap",
    Reason.TOO_LATE: "the row is later than the lateness bound; what it belongs to has been published",
    Reason.OFF_SESSION: "the venue was closed",
    Reason.DUPLICATE: "the venue's number, or the bar of this time, was seen before",
    Reason.OLD_SEQUENCE: "the venue's number is so old that nobody knows whether it was seen",
    Reason.ZERO_PRICE: "a trade or bar without a price",
    Reason.NEGATIVE_PRICE: "a price below zero",
    Reason.IMPOSSIBLE_PRICE: "a price above what the plan thinks possible",
    Reason.NEGATIVE_SIZE: "a size below zero",
    Reason.IMPOSSIBLE_SIZE: "a size above what the plan thinks possible",
    Reason.EMPTY_QUOTE: "a quote with neither bid nor ask",
    Reason.NEGATIVE_QUOTE: "a bid or ask below zero",
    Reason.NEGATIVE_QUOTE_SIZE: "a size at the bid or ask below zero",
    Reason.CROSSED_QUOTE: "the bid is above the ask, as when the two columns are swapped",
    Reason.STUB_QUOTE: "the ask is so far above the bid that nobody means it",
    Reason.TRADE_SPIKE: "a trade outside the robust band, and its level is not confirmed",
    Reason.QUOTE_SPIKE: "the middle of a quote outside the robust band, and its level is not confirmed",
    Reason.BAR_SPIKE: "a close that leaps from the last one, and its level is not confirmed",
    Reason.NO_RANGE: "a bar without a high or a low",
    Reason.HIGH_BELOW_LOW: "the high of a bar is below its low, as when the two columns are swapped",
    Reason.OPEN_OUTSIDE: "the open lies outside the bar's own range",
    Reason.CLOSE_OUTSIDE: "the close lies outside the bar's own range",
    Reason.PART_SPLIT: "one price of the bar is a split ratio away from the others: a split applied in part",
    Reason.RANGE_SPIKE: "the high or low is absurdly far from the bar's open and close",
    Reason.BELOW_GRID: "a price of less than half a price tick: the grid of this instrument is too coarse",
    Reason.LATE: "out of order within the lateness bound; reordered",
    Reason.SEQUENCE_GAP: "numbers of the venue are missing before this row",
    Reason.RECEIVED_EARLY: "received before it happened: our clock is behind the venue's",
    Reason.RECEIVED_LATE: "received long after it happened: a slow feed, or our clock is ahead",
    Reason.STALE: "the first row after a silence longer than the plan thinks normal",
    Reason.FROZEN: "the same row again and again: a feed that repeats itself",
    Reason.NO_SIZE: "a trade of no lots",
    Reason.OFF_GRID: "a price between two price ticks; it was rounded",
    Reason.MISSING_OPEN: "a bar without an open",
    Reason.FLAT_BAR: "a bar of a day or more whose four prices are one",
    Reason.REPEATED_BAR: "the prices and volume of the bar before, once more",
    Reason.SPLIT_FOR_A_DAY: "prices came back from a split ratio: a split applied to too few days",
    Reason.UNADJUSTED_SPLIT: "prices stay at a split ratio, at the turnover of before: a split not applied",
    Reason.LEVEL_SHIFT: "prices stay at a new level, at the turnover of before: a spin-off or other action",
    Reason.JUMP_REVERTED: "prices leapt and came back: the bars between are doubtful",
    Reason.NEW_LEVEL: "a level that was refused as a spike is confirmed; rows before it were refused",
}


def is_refused(code: int) -> bool:
    """Whether a row with this code goes to quarantine."""
    return 0 < code < FIRST_NOTE
