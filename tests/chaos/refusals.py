"""A tape with rows that features must refuse, and three ways to do it: rightly, deaf to them, or by half."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from research.replay.simulation import Simulation
from research.replay.tally import Tally
from shared.block import Block
from shared.failures import BadInput
from shared.processor import Processor
from shared.streams import TICKS
from tests.chaos.planted_stages import features_with
from tests.fixtures.line import Line, line, small_tape

MARK: Final = 1 << 30
"""A bit of the sale conditions by which the drill knows the rows that are to be refused."""
ROWS: Final = 200


class Picky:
    """Refuses a block with a marked row before anything has changed."""

    def __init__(self, inner: Processor) -> None:
        self._inner = inner

    def handle(self, block: Block) -> Iterable[Block]:
        """Checks first."""
        if _is_marked(block):
            raise BadInput("a row is marked")
        return self._inner.handle(block)

    def snapshot(self) -> bytes:
        """The inner state."""
        return self._inner.snapshot()

    def restore(self, state: bytes) -> None:
        """The inner state."""
        self._inner.restore(state)


class Deaf(Picky):
    """Never hears the rows of a block with a marked row: what the line must come to."""

    def handle(self, block: Block) -> Iterable[Block]:
        """Only the time."""
        if not _is_marked(block):
            return self._inner.handle(block)
        return self._inner.handle(TICKS.empty(watermark_ns=block.watermark_ns, partition=block.partition))


class HalfApplied(Picky):
    """Finds the marked row when half of the block has already been taken."""

    def handle(self, block: Block) -> Iterable[Block]:
        """Changes first."""
        if _is_marked(block):
            half = block.rows(0, max(1, len(block) // 2))
            list(self._inner.handle(half.until(int(half["event_time_ns"][0]) - 1)))
            raise BadInput("a row is marked")
        return self._inner.handle(block)


def marked_line(kind: type[Picky], ticks: int) -> Line:
    """The line over a tape some of whose rows are marked."""
    tape = small_tape().ticks.rows(0, ticks)
    conditions = tape["conditions"].copy()
    conditions[ticks // 3 : ticks // 3 + 30] |= MARK
    made = line(ROWS, tape=replace(tape, columns={**tape.columns, "conditions": conditions}))
    return made.planted(features=lambda context: features_with(context, kind))


def tally_of(kind: type[Picky], ticks: int) -> Tally:
    """What the line over the marked tape comes to."""
    made = marked_line(kind, ticks)
    Simulation(made.context, made.services).run()
    return made.tally()


def _is_marked(block: Block) -> bool:
    return bool((block["conditions"] & MARK).any())
