"""Which table holds which stream, what makes a row unique there, and which columns are money."""

from __future__ import annotations

from typing import Final

from shared import streams
from shared.stream import Column, Stream, Wire
from shared.tables import LEDGER_TABLES

ORDER_STATES: Final = Stream(
    "order_states",
    key="account",
    wire=Wire.ROWS,
    columns=streams.ORDER_EVENTS.columns,
    order=("order_id", "leg"),
    money=True,
)
"""Where each leg of each order stands: the latest of its events, which the store keeps up to date itself."""

RECORDED: Final = {stream.name: stream for stream in (*streams.ALL, *LEDGER_TABLES, ORDER_STATES)}
"""Every stream and ledger table that `Commit.rows`, `copy_rows` and `read_rows` know."""

TABLE_OF: Final = {"orders": "intents", "order_states": "orders"}
"""Risk's orders are kept as intents for ever; the table `orders` says where execution has got with them."""

KEYS: Final = {
    "control": ("account", "event_time_ns", "command", "argument"),
    "signals": ("signal_id",),
    "orders": ("order_id", "action", "event_time_ns"),
    "venue_orders": ("order_id", "action", "event_time_ns"),
    "reports": ("order_id", "leg", "event_time_ns", "status", "exec_id"),
    "fills": ("order_id", "leg", "exec_id"),
    "order_events": ("order_id", "leg", "event_time_ns", "status", "filled"),
    "order_states": ("order_id", "leg"),
    "postings": ("posting_id", "ledger_account"),
    "positions": ("account", "book", "strategy", "tag", "currency", "instrument"),
    "balances": ("account", "currency", "ledger_account"),
    "nav": ("event_time_ns", "account", "book", "strategy", "tag", "currency"),
}
"""A second row with the same key is the same row; streams that are not here are only appended to.

Verdicts need no key: they are written only in the commit that moves their stage on, under its lease.
"""

PAGED: Final = frozenset({"verdicts"})
"""Streams without a key that people page through, newest first; the others are only scanned."""

LATEST: Final = {
    "order_states": ("event_time_ns", "filled", "status"),
    "positions": ("event_time_ns",),
    "balances": ("event_time_ns",),
}
"""Tables that hold the present, and what makes a row at least as late as the one it replaces."""

STEP_TABLES: Final = (
    "kill_state",
    "leases",
    "stages",
    "reader_cursors",
    "journal",
    "outbox",
    "snapshots",
    "dead_letters",
    "instruments",
)
"""Tables of a run that hold no stream's rows."""

FORGETTABLE: Final = frozenset({"bars", "features", "predictions", "verdicts"})
"""Streams whose old rows may be deleted: they move no money, and a tape makes them again."""

MICRO_SUFFIX: Final = "_micro"
"""Ends the name of a column of millionths that is NUMERIC, and needs no unit in its name, in Postgres."""


def table_of(stream: Stream) -> str:
    """The table that holds a stream's rows."""
    return TABLE_OF.get(stream.name, stream.name)


def forgettable(stream: str) -> str:
    """The table of a stream whose rows may be forgotten; money never is."""
    if stream not in FORGETTABLE:
        raise ValueError(f"rows of {stream} are kept for ever; only {sorted(FORGETTABLE)} may be forgotten")
    return table_of(RECORDED[stream])


OF_A_RUN: Final = (*(table_of(stream) for stream in RECORDED.values()), *STEP_TABLES, "runs")
"""Every table whose rows go when their run is dropped, the run itself last."""


def recorded(name: str) -> Stream:
    """The declaration of a recorded stream or ledger table."""
    try:
        return RECORDED[name]
    except KeyError:
        raise ValueError(f"{name!r} is not recorded; known are {', '.join(sorted(RECORDED))}") from None


def is_money(column: Column) -> bool:
    """Whether Postgres keeps the column as NUMERIC."""
    return column.name.endswith(MICRO_SUFFIX)


def sql_name(column: Column) -> str:
    """The column's name in Postgres."""
    return column.name.removesuffix(MICRO_SUFFIX)
