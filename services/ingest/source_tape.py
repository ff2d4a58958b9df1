"""A recorded tape as a source: as fast as its reader can, cut by nothing but the tape."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from services.ingest.cuts import cut
from services.ingest.tape import Tape
from shared.block import Block
from shared.time import END_OF_TAPE


class TapeSource:
    """Gives the cuts of a tape one after another; the last one ends the tape."""

    def __init__(self, tape: Tape, rows_per_cut: int, partitions: int) -> None:
        self.instruments, self.notes = tape.instruments, tape.notes
        self._cuts: Iterator[list[Block]] = cut(tape.ticks, rows_per_cut, partitions)
        self._ended = False

    def next(self, now_ns: int) -> list[Block] | None:
        """The next cut; None after the end."""
        blocks = next(self._cuts, None)
        self._ended = blocks is None or blocks[0].watermark_ns == END_OF_TAPE
        return blocks

    def due_ns(self, now_ns: int) -> int | None:
        """At once, until the tape has ended."""
        return None if self._ended else now_ns

    def resume(self, cuts: int, watermark_ns: int) -> None:
        """Passes over the cuts that are published already."""
        self._ended = watermark_ns == END_OF_TAPE
        next(islice(self._cuts, cuts, cuts), None)
