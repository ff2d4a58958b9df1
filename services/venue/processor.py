"""The paper exchange as a processor: orders and ticks in, reports out at each common horizon."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from services.venue.config import VenueConfig
from services.venue.floor import (
    MARKET,
    ORDER,
    REPORTS_AN_ORDER,
    VENUE,
    open_floor,
    slots_of,
    with_room_for_orders,
    with_room_for_reports,
)
from services.venue.splits import split_market
from services.venue.tape import complete, send_all, take_ticks
from shared.actions import Action, rows_of
from shared.block import Block
from shared.failures import BadInput
from shared.kernels import readonly
from shared.kernels import warm as warm_kernels
from shared.market import Instrument, Instruments
from shared.streams import CORPORATE_ACTIONS, REPORTS, TICKS, VENUE_ORDERS
from shared.time import END_OF_TAPE

TICK_COLUMNS: Final = (
    "event_time_ns", "instrument", "kind", "bid", "ask", "bid_size", "ask_size", "price", "size", "open",
    "high", "low",
)  # fmt: skip
VERSION: Final = 1


class Saved(msgspec.Struct, frozen=True):
    """A snapshot: the records as they lie in memory."""

    version: int
    listed: int
    venue: bytes
    markets: bytes
    orders: bytes
    reports: bytes


class VenueProcessor:
    """Matches one account's orders with the tape; all instruments, one horizon."""

    reads, writes = (VENUE_ORDERS, TICKS, CORPORATE_ACTIONS), (REPORTS,)

    def __init__(self, config: VenueConfig, instruments: Instruments, account: int) -> None:
        self.config, self.account = config, account
        self.listed = list(instruments)
        self.slots = slots_of(self.listed)
        self.floor = open_floor(config, self.listed, account)

    def handle(self, block: Block) -> Iterator[Block]:
        """Takes orders or ticks; answers when an empty block of partition -1 completes the horizon."""
        if block.stream.name == VENUE_ORDERS.name:
            self._send(block)
        elif block.stream.name == CORPORATE_ACTIONS.name:
            self._act(block)
        elif block.stream.name != TICKS.name:
            raise BadInput(
                f"the venue reads orders, ticks and corporate actions, this block is {block.stream.name}"
            )
        elif block.partition >= 0:
            self._match(block)
        elif block.watermark_ns > int(self.floor.venue["horizon_ns"][0]):
            yield self._complete(block.watermark_ns)

    def _send(self, block: Block) -> None:
        if len(block) and (block["account"] != self.account).any():
            raise BadInput(f"account {self.account} has orders of others: {set(block['account'].tolist())}")
        if int(self.floor.venue["horizon_ns"][0]) == END_OF_TAPE and len(block):
            raise BadInput(f"{len(block)} orders came after the end of the tape")
        self.floor = with_room_for_orders(self.floor, len(block))
        send_all(self.floor, self.slots, order_rows(block))

    def _act(self, actions: Block) -> None:
        """Splits of listed instruments; nothing else changes what an order means."""
        self._turn_page()
        for row in rows_of(actions):
            is_listed = 0 <= row.instrument < len(self.slots) and self.slots[row.instrument] < len(
                self.listed
            )
            if row.action == Action.SPLIT and is_listed:
                split_market(self.floor, int(self.slots[row.instrument]), row)

    def _match(self, ticks: Block) -> None:
        columns = tuple(readonly(ticks[name]) for name in TICK_COLUMNS)
        at, end = 0, len(ticks)
        while (at := take_ticks(self.floor, self.slots, columns, at, end)) < end:
            self._turn_page()

    def _complete(self, horizon_ns: int) -> Block:
        while not complete(self.floor, horizon_ns):
            self._turn_page()
        told = int(self.floor.venue["told"][0])
        if not told:
            return REPORTS.empty(watermark_ns=horizon_ns, partition=self.account)
        self.floor.venue["told"] = 0
        block = REPORTS.records(self.floor.reports[:told], watermark_ns=horizon_ns, partition=self.account)
        return block.sorted()

    def _turn_page(self) -> None:
        listed = int(self.floor.markets["listed"].sum())
        self.floor = with_room_for_reports(self.floor, REPORTS_AN_ORDER * (listed + 2))

    def snapshot(self) -> bytes:
        """Touches, orders on their way or working, and reports not yet given."""
        told = int(self.floor.venue["told"][0])
        arrays = (self.floor.venue, self.floor.markets, self.floor.orders, self.floor.reports[:told])
        return msgspec.msgpack.encode(Saved(VERSION, len(self.listed), *(a.tobytes() for a in arrays)))

    def restore(self, state: bytes) -> None:
        """Continues exactly where a twin stopped."""
        saved = msgspec.msgpack.decode(state, type=Saved)
        if (saved.version, saved.listed) != (VERSION, len(self.listed)):
            raise BadInput(
                f"a venue of version {VERSION} with {len(self.listed)} instruments cannot take a snapshot "
                f"of version {saved.version} with {saved.listed}"
            )
        reports = records(saved.reports, REPORTS.dtype)
        floor = self.floor._replace(
            venue=records(saved.venue, VENUE),
            markets=records(saved.markets, MARKET),
            orders=records(saved.orders, ORDER),
            reports=reports,
        )
        self.floor = with_room_for_reports(floor, 1024)


def records(state: bytes, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """A writable copy of saved records."""
    return np.frombuffer(state, dtype).copy()


def order_rows(block: Block) -> npt.NDArray[Any]:
    """The rows of a block as records, for kernels that read rows."""
    rows = np.empty(len(block), block.stream.dtype)
    for name in block.stream.names:
        rows[name] = block[name]
    return rows


def warm() -> None:
    """Compiles the venue's kernels, or loads them from the cache."""
    market = Instrument(instrument=1, symbol="WARM")
    floor, slots = open_floor(VenueConfig(), [market], 0), slots_of([market])
    columns = tuple(readonly(np.empty(0, TICKS.dtype[name])) for name in TICK_COLUMNS)
    warm_kernels(
        [
            (take_ticks, (floor, slots, columns, 0, 0)),
            (complete, (floor, 0)),
            (send_all, (floor, slots, np.empty(0, VENUE_ORDERS.dtype))),
        ]
    )
