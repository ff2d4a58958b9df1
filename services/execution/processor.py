"""Execution in two halves: orders go out to the venue, reports come back as fills and events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from services.execution.lives import Life, Lives
from shared.block import Block, join
from shared.failures import BadInput
from shared.orders import TERMINAL, Action, Leg, Reason, Status
from shared.streams import FILLS, ORDER_EVENTS, ORDERS, REPORTS, VENUE_ORDERS

Array = npt.NDArray[Any]
Owner = tuple[int, int, int]
"""Book, strategy and tag of an order."""
OF_A_REQUEST: Final = (int(Reason.NO_SUCH_ORDER), int(Reason.DUPLICATE))
"""Rejections that speak of a request, not of the order it named."""
ENDED: Final = tuple(int(status) for status in sorted(TERMINAL))


class OrderDesk:
    """Sends each order on, one to one, and notes that it was intended and sent."""

    reads, writes = ORDERS, (VENUE_ORDERS, ORDER_EVENTS)

    def __init__(self, account: int) -> None:
        self.account = account

    def handle(self, orders: Block) -> Iterator[Block]:
        """The same orders in the venue's words, and two events for each that is placed."""
        check_account(orders, self.account)
        columns = {name: orders[name] for name in VENUE_ORDERS.names}
        yield Block(VENUE_ORDERS, columns, watermark_ns=orders.watermark_ns, partition=self.account)
        placed = orders.take(np.flatnonzero(orders["action"] == Action.PLACE))
        begun = [_begun(placed, status) for status in (Status.INTENDED, Status.SENT)]
        yield join(begun).sorted().until(orders.watermark_ns)

    def snapshot(self) -> bytes:
        """It keeps nothing."""
        return b""

    def restore(self, state: bytes) -> None:
        """It kept nothing."""
        if state:
            raise BadInput(f"the order desk keeps no state, this snapshot has {len(state)} bytes")


class FillDesk:
    """Follows each order through its states, and turns executions into fills with their owner."""

    reads, writes = REPORTS, (FILLS, ORDER_EVENTS)

    def __init__(self, account: int, owner_of: Callable[[int], Owner]) -> None:
        self.account, self.owner_of = account, owner_of
        self.lives = Lives({}, {})

    def handle(self, reports: Block) -> Iterator[Block]:
        """Fills and events of one block; a report that was seen before changes nothing."""
        check_account(reports, self.account)
        if not len(reports):
            yield FILLS.empty(watermark_ns=reports.watermark_ns, partition=self.account)
            return
        lives = self.lives.copy()
        fresh = np.flatnonzero([self._is_news(lives, row) for row in _rows(reports)])
        news = reports.take(fresh)
        told = settled(news)
        owners = np.array([self.owner_of(int(o)) for o in told["order_id"]], np.int64).reshape(-1, 3)
        lives.forget_finished()
        self.lives = lives
        yield fills_of(told, owners).until(reports.watermark_ns)
        yield events_of(news)

    @staticmethod
    def _is_news(lives: Lives, row: tuple[int, int, int, int, int, int]) -> bool:
        order_id, leg, status, filled, exec_id, reason = row
        if reason in OF_A_REQUEST:
            return False
        return lives.follow(order_id, leg, Life(status=status, filled=filled), exec_id)

    def snapshot(self) -> bytes:
        """Where every leg stands."""
        return msgspec.msgpack.encode(self.lives)

    def restore(self, state: bytes) -> None:
        """Continues exactly where a twin stopped."""
        self.lives = msgspec.msgpack.decode(state, type=Lives)


def check_account(block: Block, account: int) -> None:
    """Refuses a block with another account's rows."""
    if len(block) and (block["account"] != account).any():
        found = sorted(set(block["account"].tolist()))
        raise BadInput(f"{block.stream.name} of account {account} wanted, found accounts {found}")


def _rows(reports: Block) -> Iterator[tuple[int, int, int, int, int, int]]:
    names = ("order_id", "leg", "status", "filled", "exec_id", "reason")
    return zip(*(reports[name].tolist() for name in names), strict=True)


def _begun(orders: Block, status: Status) -> Block:
    count = len(orders)
    columns: Mapping[str, Array] = {
        **{name: orders[name] for name in ("event_time_ns", "account", "instrument", "order_id")},
        "leg": np.zeros(count),
        "status": np.full(count, int(status)),
        "filled": np.zeros(count),
        "left": orders["quantity"],
        "reason": np.zeros(count),
    }
    return ORDER_EVENTS.block(columns, watermark_ns=orders.watermark_ns, partition=orders.partition)


def settled(reports: Block) -> Block:
    """The reports that change what an account owns or waits for: executions, and ends of an order itself."""
    over = (reports["leg"] == Leg.ENTRY) & np.isin(reports["status"], ENDED)
    return reports.take(np.flatnonzero((reports["exec_id"] != 0) | over))


def events_of(reports: Block) -> Block:
    """The reports as steps in the lives of orders."""
    columns = {name: reports[name] for name in ORDER_EVENTS.names}
    return Block(ORDER_EVENTS, columns, watermark_ns=reports.watermark_ns, partition=reports.partition)


def fills_of(told: Block, owners: Array) -> Block:
    """Executions and ends with their owner's book, strategy and tag, a row each."""
    columns = {name: told[name] for name in FILLS.names if name in REPORTS.names}
    columns |= {name: owners[:, place] for place, name in enumerate(("book", "strategy", "tag"))}
    return FILLS.block(columns, watermark_ns=told.watermark_ns, partition=told.partition)
