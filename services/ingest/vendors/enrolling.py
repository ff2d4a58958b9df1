"""Instruments of a source under the ids that their symbols have in a lake."""

from __future__ import annotations

import msgspec

from shared.failures import Refused
from shared.market import Instrument, Instruments


def enrolled(known: Instruments, row: Instrument, source: str) -> Instrument:
    """The symbol as the lake knows it, or newly with the next id; refused where its steps are others."""
    there = known.symbol(row.symbol)
    if there is None:
        number = max((other.instrument for other in known), default=0) + 1
        there = msgspec.structs.replace(row, instrument=number)
        known.add(there)
    if (there.tick, there.lot) != (row.tick, row.lot):
        steps = f"tick {there.tick} and lot {there.lot}, {source}'s are {row.tick} and {row.lot}"
        raise Refused(f"the lake knows {row.symbol} with {steps}; take it into another lake")
    return there
