"""What a row should have predicted, and when that became known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from shared.block import Block

SELL: Final = 0
HOLD: Final = 1
BUY: Final = 2


SPELLING: Final = re.compile(r"next_return\((\d+), ([0-9.e+-]+)\)")


def spelt(bars_ahead: int, band: float) -> str:
    """How a manifest writes this label."""
    return f"next_return({bars_ahead}, {band!r})"


def read(text: str) -> tuple[int, float] | None:
    """The bars ahead and the band of a label so written; None if it is another one."""
    found = SPELLING.fullmatch(text)
    return (int(found[1]), float(found[2])) if found else None


@dataclass(frozen=True)
class Labels:
    """One class a bar, with the return it stands for; `known` is False where the future is missing."""

    classes: npt.NDArray[np.int8]
    returns: npt.NDArray[np.float64]
    end_ns: npt.NDArray[np.int64]
    known: npt.NDArray[np.bool_]


def next_return(bars: Block, bars_ahead: int, band: float) -> Labels:
    """Sell, hold or buy by the log return over the instrument's next bars, hold inside the band.

    A return counts only if those bars follow without a gap, so that every label looks equally far ahead.
    """
    rows = len(bars)
    order = np.lexsort([bars["event_time_ns"], bars["instrument"]])
    now, then = order[: rows - bars_ahead], order[bars_ahead:]
    ahead_ns = bars_ahead * bars["interval_ns"][now]
    follows = (bars["instrument"][now] == bars["instrument"][then]) & (
        bars["event_time_ns"][then] - bars["event_time_ns"][now] == ahead_ns
    )
    known = np.zeros(rows, np.bool_)
    returns = np.zeros(rows)
    known[now] = follows
    closes = bars["close"].astype(np.float64)
    returns[now] = np.where(follows, np.log(closes[then] / closes[now]), 0.0)
    classes = np.where(returns > band, BUY, np.where(returns < -band, SELL, HOLD)).astype(np.int8)
    return Labels(classes, returns, bars["event_time_ns"] + bars_ahead * bars["interval_ns"], known)
