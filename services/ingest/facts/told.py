"""Which facts of a lake a run has taken up, and the time under which it tells each: on disk before told."""

from __future__ import annotations

from typing import Final

from services.ingest.fact_cuts import WIRE_ROWS
from services.ingest.facts.companies import not_in
from shared.block import Block, join
from shared.codec import decode, encode
from shared.lake.block_log import BlockLog
from shared.streams import FACTS
from shared.time import BEFORE_TAPE

NONE: Final = FACTS.empty(watermark_ns=BEFORE_TAPE)


class ToldFacts:
    """Facts as the lake has them, and row by row as they are told: a late one later than it was known.

    What was told follows from the times alone, whatever a crash cut off: everything up to the last promise.
    """

    def __init__(self, log: BlockLog) -> None:
        self._log = log
        self._known = NONE

    def take(self) -> Block:
        """Makes the list ours alone; gives every row of it as it is told."""
        self._log.take()
        known, told = [NONE], [NONE]
        for _, (one, other) in self._log.read(0):
            known.append(decode(one))
            told.append(decode(other))
        self._known = join(known)
        return join(told)

    def fresh(self, facts: Block) -> Block:
        """Those that the run has not taken up."""
        return not_in(facts, self._known)

    def add(self, facts: Block, told: Block) -> None:
        """Takes facts up; returns when no crash can undo it."""
        for start in range(0, len(facts), WIRE_ROWS):
            stop = min(start + WIRE_ROWS, len(facts))
            payloads = [encode(block.rows(start, stop)) for block in (facts, told)]
            self._log.append(self._log.last_seq + 1, payloads)
        self._log.flush()
        self._known = join([self._known, facts])

    def close(self) -> None:
        """Lets go of the file."""
        self._log.close()
