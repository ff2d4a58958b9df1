"""Checks of tables that are no ticks: columns that change places, and values outside their own bounds."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MOST: Final = 0.5
"""A share of rows the wrong way round that no accident explains."""


class PairFinding(NamedTuple):
    """What two columns, one of them to be the smaller, say of each other."""

    low: str
    high: str
    rows: int
    wrong: int
    outside: int

    @property
    def are_swapped(self) -> bool:
        """Whether the columns have changed places, and not a few rows gone wrong."""
        return self.rows > 0 and self.wrong > MOST * self.rows

    @property
    def words(self) -> str:
        """The finding as a line of a report; empty where there is nothing to say."""
        if self.are_swapped:
            return f"{self.low} and {self.high} are swapped in {self.wrong} of {self.rows} rows"
        if self.wrong:
            return f"{self.low} is above {self.high} in {self.wrong} of {self.rows} rows"
        return ""


def check_pair(table: dict[str, Any], low: str, high: str, inside: str = "") -> PairFinding:
    """Looks at a column that should never be above another; rows that lack one are left out."""
    lows, highs = _floats(table[low]), _floats(table[high])
    known = np.isfinite(lows) & np.isfinite(highs)
    wrong = known & (lows > highs)
    outside = np.zeros(len(known), bool)
    if inside:
        value = _floats(table[inside])
        bottom, top = np.minimum(lows, highs), np.maximum(lows, highs)
        outside = known & np.isfinite(value) & ((value < bottom) | (value > top))
    return PairFinding(low, high, int(known.sum()), int(wrong.sum()), int(outside.sum()))


def put_right(table: dict[str, Any], finding: PairFinding) -> dict[str, Any]:
    """The table with two columns that have changed places put back; any other table as it is."""
    if not finding.are_swapped:
        return table
    return {**table, finding.low: table[finding.high], finding.high: table[finding.low]}


def _floats(column: Any) -> Floats:
    return np.asarray(column, np.float64)
