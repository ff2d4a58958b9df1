"""The line by hand: the processors themselves, one block at a time, merged as strict mode says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from research.tape import Account, Tape, Trades
from services.execution.processor import FillDesk, OrderDesk
from services.risk.processor import RiskProcessor
from services.venue.processor import VenueProcessor
from shared.block import Block, join
from shared.ids import partition_of
from shared.market import Instruments
from shared.processor import Processor
from shared.streams import (
    FILLS,
    ORDER_EVENTS,
    ORDERS,
    PARTITIONS,
    REPORTS,
    SIGNALS,
    TICKS,
    VENUE_ORDERS,
    VERDICTS,
)
from shared.time import BEFORE_TAPE, END_OF_TAPE

HORIZON = -1
WRITES = (VERDICTS, SIGNALS, ORDERS, VENUE_ORDERS, REPORTS, FILLS, ORDER_EVENTS)
Cut = Callable[[Block], Sequence[Block]]
Between = Callable[[Processor], Processor]


def whole(block: Block) -> Sequence[Block]:
    """No cut at all."""
    return (block,)


def same(processor: Processor) -> Processor:
    """Nothing happens between two blocks."""
    return processor


class Reference:
    """Drives one account's processors; between blocks they may be cut, stopped and restored."""

    def __init__(
        self, instruments: Instruments, account: Account, cut: Cut = whole, between: Between = same
    ) -> None:
        number = account.number
        self._cut, self._between = cut, between
        self._processors: dict[str, Processor] = {
            "risk": RiskProcessor(account.risk, instruments, number, account.trading),
            "venue": VenueProcessor(account.venue, instruments, number),
            "orders": OrderDesk(number),
            "fills": FillDesk(number, account.owner_of),
        }
        self._written: dict[str, list[Block]] = {
            stream.name: [stream.empty(watermark_ns=BEFORE_TAPE, partition=number)] for stream in WRITES
        }

    def run(self, tape: Tape) -> Trades:
        """The whole tape, close by close."""
        partitions = _by_partition(tape.ticks)
        until = BEFORE_TAPE
        for close in tape.closes().tolist():
            self._match(partitions, until, close)
            self._decide(_at(tape.bars, close), _at(tape.predictions, close))
            until = close
        self._match(partitions, until, END_OF_TAPE)
        return Trades(*(join(self._written[stream.name]).until(END_OF_TAPE) for stream in WRITES))._replace(
            order_events=join(self._written[ORDER_EVENTS.name]).sorted().until(END_OF_TAPE)
        )

    def _match(self, partitions: list[Block], after: int, until: int) -> None:
        for ticks in partitions:
            for piece in self._cut(_between(ticks, after, until)):
                self._hand("venue", piece.until(until))
        for reports in self._hand("venue", TICKS.empty(watermark_ns=until, partition=HORIZON)):
            for piece in self._cut(reports):
                for fills in [b for b in self._hand("fills", piece) if b.stream is FILLS]:
                    self._hand("risk", fills)

    def _decide(self, bars: Block, predictions: Block) -> None:
        for piece in self._cut(bars):
            self._hand("risk", piece.until(bars.watermark_ns - 1))
        *earlier, last = self._cut(predictions)
        for piece in earlier:
            self._hand("risk", piece.until(predictions.watermark_ns - 1))
        for orders in [b for b in self._hand("risk", last) if b.stream is ORDERS]:
            for placed in [b for b in self._hand("orders", orders) if b.stream is VENUE_ORDERS]:
                self._hand("venue", placed)

    def _hand(self, name: str, block: Block) -> list[Block]:
        self._processors[name] = processor = self._between(self._processors[name])
        written = list(processor.handle(block))
        for out in written:
            self._written[out.stream.name].append(out)
        return written


def run_reference(
    tape: Tape,
    instruments: Instruments,
    accounts: Sequence[Account],
    cut: Cut = whole,
    between: Between = same,
) -> dict[int, Trades]:
    """What every account does on the tape, by the processors."""
    return {account.number: Reference(instruments, account, cut, between).run(tape) for account in accounts}


def _by_partition(ticks: Block) -> list[Block]:
    instruments = ticks["instrument"]
    owner = {int(i): partition_of(int(i), PARTITIONS) for i in np.unique(instruments)}
    partition = np.array([owner[int(i)] for i in instruments], np.int64)
    return [_in_partition(ticks.take(np.flatnonzero(partition == p)), p) for p in range(PARTITIONS)]


def _in_partition(ticks: Block, partition: int) -> Block:
    return TICKS.block(ticks.columns, watermark_ns=ticks.watermark_ns, partition=partition)


def _between(block: Block, after: int, until: int) -> Block:
    start, stop = np.searchsorted(block["event_time_ns"], (after, until), side="right").tolist()
    return block.rows(start, stop).until(until)


def _at(block: Block, close: int) -> Block:
    start = int(np.searchsorted(block["event_time_ns"], close, side="left"))
    stop = int(np.searchsorted(block["event_time_ns"], close, side="right"))
    return block.rows(start, stop).until(close)


def pieces(block: Block, sizes: Iterator[int]) -> list[Block]:
    """A block in parts of these sizes, at least one part."""
    parts, start = [], 0
    while start < len(block):
        stop = min(start + max(next(sizes), 1), len(block))
        parts.append(block.rows(start, stop))
        start = stop
    return parts or [block]
