"""What can be listed: for each collection its table, its paging key, and its filters."""

from __future__ import annotations

from typing import Final

import msgspec

from shared.store.tables import RECORDED
from shared.stream import Stream


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """A collection of rows, newest first; `key` makes a row unique and gives the order."""

    name: str
    stream: str
    key: tuple[str, ...]
    filters: tuple[str, ...]
    about: str
    explained: bool = False
    """Whether `?explain=true` adds to each row why it says what it says."""

    @property
    def declaration(self) -> Stream:
        """The columns as they are recorded."""
        return RECORDED[self.stream]


_OWNER: Final = ("account", "book", "strategy", "tag")

RESOURCES: Final = (
    Resource(
        name="bars",
        stream="bars",
        key=("event_time_ns", "instrument", "interval_ns"),
        filters=("instrument",),
        about="Bars of every instrument, named by their close.",
    ),
    Resource(
        name="predictions",
        stream="predictions",
        key=("event_time_ns", "instrument", "model", "flags"),
        filters=("instrument",),
        about="What the models said at each close: probabilities of sell, hold and buy.",
        explained=True,
    ),
    Resource(
        name="verdicts",
        stream="verdicts",
        key=("event_time_ns", "instrument", *_OWNER),
        filters=("account", "instrument", "verdict"),
        about="The one outcome of every decision point, with what it was measured against.",
    ),
    Resource(
        name="signals",
        stream="signals",
        key=("event_time_ns", "signal_id"),
        filters=("account", "instrument"),
        about="Decisions that led to an order.",
    ),
    Resource(
        name="intents",
        stream="orders",
        key=("event_time_ns", "order_id", "action"),
        filters=("account", "instrument", "order_id"),
        about="Orders as risk asked for them; they never change.",
    ),
    Resource(
        name="orders",
        stream="order_states",
        key=("event_time_ns", "order_id", "leg"),
        filters=("account", "instrument", "order_id", "status"),
        about="Where each leg of each order stands now.",
    ),
    Resource(
        name="fills",
        stream="fills",
        key=("event_time_ns", "order_id", "leg", "exec_id"),
        filters=("account", "instrument", "order_id"),
        about="Executions.",
    ),
    Resource(
        name="positions",
        stream="positions",
        key=("account", "book", "strategy", "tag", "currency", "instrument"),
        filters=("account", "instrument"),
        about="What each owner holds now, at cost and at its last mark.",
    ),
    Resource(
        name="balances",
        stream="balances",
        key=("account", "currency", "ledger_account"),
        filters=("account",),
        about="What each account of the ledger holds now; they add up to nothing.",
    ),
    Resource(
        name="postings",
        stream="postings",
        key=("event_time_ns", "posting_id", "ledger_account"),
        filters=("account", "instrument", "order_id"),
        about="Double-entry postings; those of one execution add up to nothing.",
    ),
    Resource(
        name="nav",
        stream="nav",
        key=("event_time_ns", *_OWNER, "currency"),
        filters=("account", "tag"),
        about="Net asset value of every owner at each close.",
    ),
)
BY_NAME: Final = {resource.name: resource for resource in RESOURCES}
