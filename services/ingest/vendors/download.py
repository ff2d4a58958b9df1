"""A symbol's past from the first vendor that answers, as something to read into a lake."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np

from services.ingest.files.checking import RawTicks
from services.ingest.files.reading import Unreadable
from services.ingest.vendors.enrolling import enrolled
from services.ingest.vendors.facade import VendorCounts, first_answer
from services.ingest.vendors.past_plan import Span
from services.ingest.vendors.source_past import Past, PastVendor
from shared.block import Block
from shared.market import Instruments


class Asked(NamedTuple):
    """Bars of one symbol over one stretch."""

    symbol: str
    interval: str
    span: Span


class Told(NamedTuple):
    """Who told the past, and what."""

    vendor: str
    past: Past

    def actions(self, span: Span) -> Block:
        """What the company did in a stretch."""
        times = self.past.actions["event_time_ns"]
        return self.past.actions.take(np.flatnonzero((times >= span.since_ns) & (times < span.until_ns)))


class Downloads:
    """Asks vendors in turn, under the ids of one lake; each step down is said and counted."""

    def __init__(
        self, vendors: Mapping[str, PastVendor], instruments: Instruments, say: Callable[[str], None]
    ) -> None:
        self.instruments, self.steps = instruments, VendorCounts()
        self._vendors, self._say = vendors, say

    def told(self, asked: Asked) -> Told:
        """The answer of the first vendor that has one; Unavailable if none has."""
        turns = [(name, partial(self._one, name, vendor, asked)) for name, vendor in self._vendors.items()]
        return first_answer(turns, self.steps, self._say)

    def counts(self) -> dict[str, dict[str, int]]:
        """What happened between us and each vendor, and how often the next one was asked."""
        found = {name: counted(vendor.vendor.counts) for name, vendor in self._vendors.items()}
        return {**found, "all": counted(self.steps)} if self.steps.fallbacks else found

    def _one(self, name: str, vendor: PastVendor, asked: Asked) -> Told:
        known = self.instruments.symbol(asked.symbol)
        row = known or vendor.describe(asked.symbol)
        past = vendor.bars(row, asked.interval, asked.span)
        if known is None and len(past.bars):
            row = enrolled(self.instruments, row, name)
            past = past._replace(
                bars=_as(past.bars, row.instrument), actions=_as(past.actions, row.instrument)
            )
        return Told(name, past)


class PastReader:
    """One answer, read once."""

    size = 0

    def __init__(self, told: Told, asked: Asked, instruments: Instruments) -> None:
        self.source = f"{told.vendor} {asked.interval} {asked.symbol}"
        self.instruments, self.notes = instruments, tuple(f"{self.source}: {n}" for n in told.past.notes)
        self.unreadable = Unreadable()
        self._bars = told.past.bars

    @property
    def done(self) -> int:
        """Nothing to count: an answer comes whole."""
        return 0

    def chunks(self) -> Iterator[RawTicks]:
        """All of it at once."""
        lines = np.arange(1, 1 + len(self._bars))
        yield RawTicks(self.source, self._bars, self.instruments, lines, np.zeros(len(lines), np.int16))


def counted(counts: VendorCounts) -> dict[str, int]:
    """What happened at all."""
    return {name: count for name, count in vars(counts).items() if count}


def _as(block: Block, instrument: int) -> Block:
    columns = {**block.columns, "instrument": np.full(len(block), instrument, np.int32)}
    return block.stream.block(columns, watermark_ns=block.watermark_ns)
