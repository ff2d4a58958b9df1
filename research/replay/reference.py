"""The line by hand: the processors themselves, one block at a time, merged as strict mode says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from research.replay.tape import Account, Tape, Trades
from services.execution.processor import FillDesk, OrderDesk
from services.risk.processor import RiskProcessor
from services.venue.processor import VenueProcessor
from shared.actions import between as acting
from shared.actions import moments
from shared.block import Block, join
from shared.ids import partition_of
from shared.market import Instruments
from shared.processor import Processor
from shared.streams import (
    BARS,
    CORPORATE_ACTIONS,
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
        self._actions = CORPORATE_ACTIONS.empty(watermark_ns=BEFORE_TAPE)
        self._processors: dict[str, Processor] = {
            "risk": RiskProcessor(account.risk, instruments, number, account.trading),
            "venue": VenueProcessor(account.venue, instruments, number),
            "orders": OrderDesk(number),
            "fills": FillDesk(number, account.owner_of),
        }
        self._written: dict[str, list[Block]] = {
            stream.name: [stream.empty(watermark_ns=BEFORE_TAPE, partition=number)] for stream in WRITES
        }

    def knowing(self, actions: Block) -> Reference:
        """The same line on a tape with these corporate actions."""
        self._actions = actions
        return self

    def run(self, tape: Tape) -> Trades:
        """The whole tape, close by close."""
        partitions = _by_partition(tape.ticks)
        until = BEFORE_TAPE
        for close in tape.closes().tolist():
            until, at_close = self._act(partitions, until, close)
            fills = self._match(partitions, until, close)
            bars, predictions = _at(tape.bars, close), _at(tape.predictions, close)
            if len(at_close):
                self._learn((bars.until(close - 1),))
                self._learn((at_close, *fills))
            else:
                self._learn((*fills, bars.until(close - 1)))
            self._decide(predictions)
            until = close
        until, _ = self._act(partitions, until, END_OF_TAPE)
        self._learn(self._match(partitions, until, END_OF_TAPE))
        return Trades(*(join(self._written[stream.name]).until(END_OF_TAPE) for stream in WRITES))._replace(
            order_events=join(self._written[ORDER_EVENTS.name]).sorted().until(END_OF_TAPE)
        )

    def _act(self, partitions: list[Block], until: int, close: int) -> tuple[int, Block]:
        """Up to the last action before a close; those of the close itself wait for its bars at risk."""
        coming = acting(self._actions, until, close)
        at_close = coming.rows(0, 0)
        for start, stop, time_ns in moments(coming):
            self._learn(self._match(partitions, until, time_ns - 1))
            until, rows = time_ns - 1, coming.rows(start, stop)
            self._hand("venue", rows)
            if time_ns == close:
                at_close = rows
            else:
                self._learn((rows,))
        return until, at_close

    def _match(self, partitions: list[Block], after: int, until: int) -> list[Block]:
        """Ticks up to a horizon; the fills that come of them."""
        for ticks in partitions:
            for piece in self._cut(_between(ticks, after, until)):
                self._hand("venue", piece.until(until))
        found = []
        for reports in self._hand("venue", TICKS.empty(watermark_ns=until, partition=HORIZON)):
            for piece in self._cut(reports):
                found += [block for block in self._hand("fills", piece) if block.stream is FILLS]
        return found

    def _learn(self, facts: Sequence[Block]) -> None:
        """Fills, bars and actions, at risk."""
        for block in facts:
            for piece in self._cut(block) if block.stream is BARS else (block,):
                self._hand("risk", piece.until(block.watermark_ns))

    def _decide(self, predictions: Block) -> None:
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
