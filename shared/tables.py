"""Tables that are recorded but never travel; a `_micro` column is NUMERIC in Postgres."""

import enum
from typing import Final

import numpy as np

from shared.stream import Column, Stream, Wire
from shared.streams import ACCOUNT, BOOK, CURRENCY, INSTRUMENT, OWNER, STRATEGY, TAG, TIME


class LedgerAccount(enum.IntEnum):
    """The accounts that postings move money between; debits are positive."""

    CASH = 1
    INVENTORY = 2
    FEES = 3
    REALISED = 4
    CAPITAL = 5


POSTINGS: Final = Stream(
    "postings",
    key="account",
    wire=Wire.ROWS,
    columns=(
        TIME,
        *OWNER,
        INSTRUMENT,
        Column("posting_id", np.int64, "derived from the fill and the ledger account"),
        Column(
            "ledger_account", np.int16, "1 cash, 2 inventory at cost, 3 fees, 4 realised profit, 5 capital"
        ),
        Column("exec_id", np.int64, "the execution it books, 0 if none"),
        Column("order_id", np.int64, "the order of that execution, 0 if none"),
        Column("quantity", np.int64, "lots, 0 for money"),
        Column("amount_micro", np.int64, "millionths of the currency, positive is a debit"),
    ),
    order=("event_time_ns", "instrument", "posting_id", "ledger_account"),
    money=True,
)

POSITIONS: Final = Stream(
    "positions",
    key="account",
    wire=Wire.ROWS,
    columns=(
        Column("event_time_ns", np.int64, "last change"),
        *OWNER,
        INSTRUMENT,
        Column("quantity", np.int64, "lots, negative is short"),
        Column("cost_micro", np.int64, "what the lots held have cost"),
        Column("realised_micro", np.int64, "profit taken so far"),
        Column("fees_micro", np.int64, "fees paid so far"),
        Column("price", np.int64, "last mark in price ticks"),
        Column("value_micro", np.int64, "what the lots are worth at that mark"),
    ),
    order=("account", "book", "strategy", "tag", "instrument"),
    money=True,
)

BALANCES: Final = Stream(
    "balances",
    key="account",
    wire=Wire.ROWS,
    columns=(
        Column("event_time_ns", np.int64, "last change"),
        ACCOUNT,
        CURRENCY,
        Column("ledger_account", np.int16, "which account of the ledger"),
        Column("amount_micro", np.int64, "sum of its postings"),
    ),
    order=("account", "currency", "ledger_account"),
    money=True,
)

NAV: Final = Stream(
    "nav",
    key="account",
    wire=Wire.ROWS,
    columns=(
        TIME,
        ACCOUNT,
        BOOK,
        STRATEGY,
        TAG,
        CURRENCY,
        Column("cash_micro", np.int64, "cash"),
        Column("value_micro", np.int64, "what the positions are worth"),
        Column("cost_micro", np.int64, "what the lots held have cost"),
        Column("gross_micro", np.int64, "what they are worth without their signs"),
        Column("realised_micro", np.int64, "profit taken so far"),
        Column("fees_micro", np.int64, "fees paid so far"),
        Column("nav_micro", np.int64, "cash and value together"),
    ),
    order=("event_time_ns", "account", "book", "strategy", "tag"),
    money=True,
)

LEDGER_TABLES: Final = (POSTINGS, POSITIONS, BALANCES, NAV)
