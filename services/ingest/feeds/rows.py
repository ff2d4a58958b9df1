"""What venues said as the line's rows: ticks, and changes of books."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from services.ingest.feeds.events import Candle, DepthChange, DepthPicture, Level, Tick, Trade
from shared.block import Block
from shared.streams import BOOK_DELTAS, TICKS
from shared.time import BEFORE_TAPE

TRADE: Final = 1
QUOTE: Final = 2
BAR: Final = 3

Row = tuple[int, ...]


class Received(NamedTuple):
    """A tick with its time on the venue's clock, and when it came."""

    time_ns: int
    received_ns: int
    tick: Tick


class DepthRows(NamedTuple):
    """A change or a picture of a book with its time on the venue's clock."""

    time_ns: int
    said: DepthChange | DepthPicture


def ticks_block(received: Sequence[Received]) -> Block:
    """Rows of ticks, in their order; the watermark is their reader's business."""
    if not received:
        return TICKS.empty(watermark_ns=BEFORE_TAPE)
    columns = zip(*(_row(each) for each in received), strict=True)
    return TICKS.block(_named(TICKS.names, columns), watermark_ns=BEFORE_TAPE)


def deltas_block(depth: Sequence[DepthRows]) -> Block:
    """A row a level."""
    rows = [row for each in depth for row in _levels(each)]
    if not rows:
        return BOOK_DELTAS.empty(watermark_ns=BEFORE_TAPE)
    columns = zip(*rows, strict=True)
    return BOOK_DELTAS.block(_named(BOOK_DELTAS.names, columns), watermark_ns=BEFORE_TAPE)


def _named(
    names: tuple[str, ...], columns: zip[Row]
) -> dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    return {name: np.array(column, np.int64) for name, column in zip(names, columns, strict=True)}


def _row(received: Received) -> Row:
    tick, when = received.tick, received.received_ns
    t, i = received.time_ns, tick.instrument
    if isinstance(tick, Trade):
        return (
            t,
            i,
            TRADE,
            tick.side,
            tick.conditions,
            0,
            0,
            0,
            0,
            tick.price,
            tick.size,
            0,
            0,
            0,
            tick.number,
            when,
        )
    if isinstance(tick, Candle):
        return t, i, BAR, 0, 0, 0, 0, 0, 0, tick.close, tick.volume, tick.open, tick.high, tick.low, 0, when
    sizes = (tick.bid, tick.ask, tick.bid_size, tick.ask_size)
    return t, i, QUOTE, 0, 0, *sizes, 0, 0, 0, 0, 0, tick.number, when


def _levels(each: DepthRows) -> list[Row]:
    said = each.said
    is_picture = int(isinstance(said, DepthPicture))

    def rows(side: int, levels: tuple[Level, ...]) -> list[Row]:
        place = (each.time_ns, said.instrument, side)
        return [(*place, price, size, said.last, is_picture) for price, size in levels]

    return rows(1, said.bids) + rows(-1, said.asks)
