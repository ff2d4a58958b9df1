"""What every source of ticks can do: the loop around it only numbers, records and publishes cuts."""

from __future__ import annotations

from typing import Protocol

from shared.block import Block
from shared.market import Instruments


class Source(Protocol):
    """Gives cuts: a block for every partition and one of facts if it tells any, all with one watermark."""

    instruments: Instruments
    notes: tuple[str, ...]

    def next(self, now_ns: int) -> list[Block] | None:
        """The next cut at this wall time; None if none is due yet, or none will ever be."""
        ...

    def due_ns(self, now_ns: int) -> int | None:
        """The wall time at which to ask again, at most a heartbeat away; None after the end of the tape."""
        ...

    def resume(self, cuts: int, watermark_ns: int) -> None:
        """Goes on behind so many cuts, the last of which had this watermark; asked before the first cut."""
        ...
