"""Rows that come out of order, put in order again within a bound: none is let go that could be passed."""

from __future__ import annotations

import numpy as np

from shared.block import Block, join
from shared.streams import TICKS
from shared.time import BEFORE_TAPE, END_OF_TAPE


class Reorderer:
    """Holds accepted rows until no row within the lateness bound can come before them."""

    def __init__(self, lateness_ns: int) -> None:
        self._lateness_ns = lateness_ns
        self._held = TICKS.empty(watermark_ns=BEFORE_TAPE)
        self._latest_ns = BEFORE_TAPE

    def push(self, accepted: Block) -> Block:
        """Takes rows that passed the checks; gives those that are certain now, sorted, with a promise."""
        if len(accepted):
            self._latest_ns = max(self._latest_ns, int(accepted["event_time_ns"].max()))
        if self._latest_ns == BEFORE_TAPE:
            return TICKS.empty(watermark_ns=BEFORE_TAPE)
        return self.release(accepted, self._latest_ns - self._lateness_ns - 1)

    def flush(self) -> Block:
        """All that is held: the source has ended."""
        return self.release(TICKS.empty(watermark_ns=BEFORE_TAPE), END_OF_TAPE)

    def release(self, accepted: Block, watermark_ns: int) -> Block:
        """Takes rows; gives all up to a time at or before which, as somebody else knows, none will follow."""
        rows = join([self._held, accepted]).sorted()
        place = int(np.searchsorted(rows["event_time_ns"], watermark_ns, side="right"))
        self._held = rows.rows(place, len(rows))
        return rows.rows(0, place).until(watermark_ns)
