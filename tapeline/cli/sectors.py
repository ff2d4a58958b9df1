"""A file that says the sector of each symbol, and what it leaves unsaid."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tapeline.cli.outcome import DataMissing

if TYPE_CHECKING:
    from research.training.plan import TrainPlan

NAMED = 5
"""Symbols that a line names; of more, the rest is counted."""


def read_sectors(path: Path) -> dict[str, str]:
    """Sector by symbol, from the first two columns; a first line without a sector of ours is a header."""
    from shared.market import SECTORS

    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [[cell.strip() for cell in row[:2]] for row in csv.reader(file) if len(row) > 1]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataMissing(f"{path} is no CSV of symbol,sector: {error}") from None
    body = rows if rows and rows[0][1] in SECTORS else rows[1:]
    if not body:
        raise DataMissing(f"{path} names no symbol; a line is symbol,sector: AAPL,Technology")
    return {symbol: sector for symbol, sector in body if symbol}


def unplaced(plan: TrainPlan) -> Iterator[str]:
    """What the data and the sectors do not say of one another, a line each."""
    from research.training.sets import left_out
    from research.training.table import instruments_of

    strange, without = left_out(plan, instruments_of(plan))
    if strange:
        yield f"{_listed(strange)} of --sector-file not in the data: left out"
    if without:
        yield f"{_listed(without)} of the data without a sector: in no set"


def _listed(symbols: Sequence[str]) -> str:
    """`3 symbols (A, B, C)`."""
    named = ", ".join(symbols[:NAMED]) + (", …" if len(symbols) > NAMED else "")
    return f"{len(symbols)} {'symbol' if len(symbols) == 1 else 'symbols'} ({named})"
