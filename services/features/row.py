"""The row of an instrument: its newest bar, its last bars, its outputs and the state of every feature.

One contiguous row of float64 an instrument. The newest bar stands in front; behind it lies the tape, a ring
of the last bars of one cache line each, whose columns have the order of the newest bar's first.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from shared.kernels import part
from shared.time import DAY_NS

Row = npt.NDArray[np.float64]
Op = Any
"""A record of the program (see `program.OP`)."""

CLOSE: Final = 0
OPEN: Final = 1
HIGH: Final = 2
LOW: Final = 3
VOLUME: Final = 4
DELTA: Final = 5
RETURN: Final = 6
TRUE_RANGE: Final = 7
COLUMNS: Final = 8
"""How many of these the tape keeps of every bar."""

SEEN: Final = 8
BEFORE: Final = 9
TRADES: Final = 10
VWAP: Final = 11
BID: Final = 12
ASK: Final = 13
SESSION: Final = 14
SESSION_SHARE: Final = 15
WEEKDAY: Final = 16
NEW_SESSION: Final = 17
TYPICAL: Final = 18
FACTOR: Final = 19
"""What a price of now is in prices of before the instrument's splits; 0 stands for 1."""

MARKET: Final = 20
MARKET_BEFORE: Final = 21
SECTOR: Final = 22
SECTOR_BEFORE: Final = 23
"""Levels of the market and of the instrument's sector now and at the bar before; 0 while unknown."""
IN_SECTOR: Final = 24
"""One more than the number of the instrument's sector; 0 while nobody has told it."""
NOW: Final = 25
"""The bar's close in seconds since 1970."""
RATE: Final = 26
"""What government bonds yield; NaN while unknown."""
HOURS: Final = 27
"""1 while the market's venue is open, 0 while it is closed; NaN while unknown."""

LINE: Final = 8
"""Float64 places of a cache line: a row takes whole ones."""
TAPE: Final = 32
"""Where the last bars start; what lies between is room for more of the newest bar."""

FIRST_WEEKDAY: Final = 3
"""1 January 1970 was a Thursday; Monday is 0."""


@part
def put_bar(m: Row, bar: Any, mask: int) -> None:
    """Makes a closed bar the newest, and puts it on the tape."""
    before = m[CLOSE]
    m[CLOSE], m[OPEN], m[HIGH], m[LOW] = bar.close, bar.open, bar.high, bar.low
    m[VOLUME], m[DELTA], m[TRADES] = bar.volume, bar.signed_volume, bar.trades
    m[VWAP], m[BID], m[ASK] = bar.vwap, bar.bid, bar.ask
    if m[FACTOR] != 0.0:
        carry_over(m, m[FACTOR])
    put_on_tape(m, before, mask)


@part
def put_level(m: Row, level: float, mask: int) -> None:
    """Makes a level of an index the newest bar of its row: one price, and nothing traded."""
    before = m[CLOSE]
    m[CLOSE] = m[OPEN] = m[HIGH] = m[LOW] = m[VWAP] = level
    put_on_tape(m, before, mask)


@part
def put_on_tape(m: Row, before: float, mask: int) -> None:
    """What follows from a new bar and the close before it; the tape gets both."""
    m[SEEN] += 1.0
    m[BEFORE] = m[CLOSE] if m[SEEN] == 1.0 else before
    m[RETURN] = math.log(m[CLOSE] / m[BEFORE])
    m[TRUE_RANGE] = max(m[HIGH], m[BEFORE]) - min(m[LOW], m[BEFORE])
    m[TYPICAL] = (m[HIGH] + m[LOW] + m[CLOSE]) / 3.0
    place = TAPE + (int(m[SEEN]) & mask) * COLUMNS
    for column in range(COLUMNS):
        m[place + column] = m[column]


@part
def carry_over(m: Row, factor: float) -> None:
    """The newest bar in prices and lots of before the splits, so that a split is no return."""
    m[CLOSE], m[OPEN], m[HIGH], m[LOW] = (
        m[CLOSE] * factor,
        m[OPEN] * factor,
        m[HIGH] * factor,
        m[LOW] * factor,
    )
    m[VWAP], m[BID], m[ASK] = m[VWAP] * factor, m[BID] * factor, m[ASK] * factor
    m[VOLUME], m[DELTA] = m[VOLUME] / factor, m[DELTA] / factor


@part
def place_in_time(close_ns: int, session_ns: int) -> tuple[float, float, float]:
    """Which session a bar lies in, where its close lies there, and its weekday.

    The bar's last moment counts, one before the close.
    """
    session, share = float((close_ns - 1) // session_ns), float(close_ns % session_ns) / float(session_ns)
    return session, share, float(((close_ns - 1) // DAY_NS + FIRST_WEEKDAY) % 7)


@part
def ago(m: Row, op: Op, bars: int) -> int:
    """Where the bar of some bars ago starts on the tape; 0 is the newest."""
    return TAPE + ((int(m[SEEN]) - bars) & op.mask) * COLUMNS


@part
def ratio(part: float, whole: float, otherwise: float) -> float:
    """A quotient, or what stands for it where there is nothing to divide by."""
    return part / whole if whole != 0.0 else otherwise
