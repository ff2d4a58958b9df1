"""A cut's facts travel behind its ticks: one block for all partitions, under the cut's own promise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from services.ingest.cuts import empty_cut
from shared.block import Block
from shared.streams import FACTS, TICKS

TOLD: Final = frozenset({TICKS.name, FACTS.name})
"""The logs that a cut has blocks for."""
WIRE_ROWS: Final = 16_384
"""Facts that surely fit a block on a wire."""


def with_facts(cuts: Iterable[Sequence[Block]], facts: Block, most: int = WIRE_ROWS) -> Iterator[list[Block]]:
    """Each cut with the facts up to its promise; where those are too many, cuts of facts alone go before.

    Whatever partitions a lake keeps them in, on the bus they are one log.
    """
    facts = replace(facts, partition=0)
    times, start = facts["event_time_ns"], 0
    for cut in cuts:
        watermark_ns = cut[0].watermark_ns
        stop = int(np.searchsorted(times, watermark_ns, side="right"))
        while stop - start > most:
            place = start + most
            promise = int(times[place]) - 1
            yield [*empty_cut(len(cut), promise), facts.rows(start, place).until(promise)]
            start = place
        yield [*cut, facts.rows(start, stop).until(watermark_ns)]
        start = stop


def apart(cut: Sequence[Block]) -> tuple[Sequence[Block], Sequence[Block]]:
    """The ticks of a cut, and its facts if it has any."""
    return (cut[:-1], cut[-1:]) if cut and cut[-1].stream is FACTS else (cut, ())


def ticks_alone(cut: Sequence[Block]) -> Sequence[Block]:
    """A source's cut for a run that reads no facts."""
    return apart(cut)[0]


def with_a_block_of_facts(cut: Sequence[Block]) -> Sequence[Block]:
    """A source's cut for a run that reads facts, though the source may have none."""
    ticks, facts = apart(cut)
    return [*ticks, *(facts or (FACTS.empty(watermark_ns=cut[0].watermark_ns),))]
