"""Rows of the ledger's tables, gathered in order and given as one block a table."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from services.ledger.account import Owner, Purse, Slot
from services.ledger.booking import Booking, Holding
from shared import ids
from shared.block import Block
from shared.stream import Stream
from shared.tables import BALANCES, LEDGER_TABLES, NAV, POSITIONS, POSTINGS, LedgerAccount

Row = tuple[int, ...]


class Rows:
    """What one block of input books, by table; columns are in the order that the tables declare."""

    def __init__(self, account: int) -> None:
        self._account = account
        self._rows: dict[Stream, list[Row]] = {table: [] for table in LEDGER_TABLES}

    def opened(self, time_ns: int, owner: Owner, amount: int) -> None:
        """Capital comes in as cash."""
        for ledger_account, money in ((LedgerAccount.CASH, amount), (LedgerAccount.CAPITAL, -amount)):
            self._post((time_ns, Slot(owner, 0)), ledger_account, (0, money), (0, 0))

    def posted(self, at: tuple[int, Slot], booking: Booking, lots: int, order: tuple[int, int]) -> None:
        """The legs of one fill that move anything; `order` is its order and execution."""
        legs = (
            (LedgerAccount.CASH, 0, booking.cash),
            (LedgerAccount.INVENTORY, lots, booking.inventory),
            (LedgerAccount.FEES, 0, booking.fees),
            (LedgerAccount.REALISED, 0, booking.realised),
        )
        for ledger_account, moved, amount in legs:
            if amount or moved:
                self._post(at, ledger_account, (moved, amount), order)

    def position(self, at: tuple[int, Slot], holding: Holding, price: int, value: int) -> None:
        """The position as it now stands."""
        self._rows[POSITIONS].append((*self._head(*at), *holding, price, value))

    def balance(self, time_ns: int, currency: int, total: Purse) -> None:
        """What each account of the ledger now holds of a currency."""
        amounts = {
            LedgerAccount.CASH: total.cash,
            LedgerAccount.INVENTORY: total.inventory,
            LedgerAccount.FEES: total.fees,
            LedgerAccount.REALISED: -total.realised,
            LedgerAccount.CAPITAL: -total.capital,
        }
        for ledger_account, amount in amounts.items():
            self._rows[BALANCES].append((time_ns, self._account, currency, ledger_account, amount))

    def nav(self, time_ns: int, owner: Owner, money: Row) -> None:
        """An owner's worth at a bar close."""
        self._rows[NAV].append((time_ns, self._account, *owner, *money))

    def blocks(self, watermark_ns: int) -> Iterator[Block]:
        """One block for each table that has rows."""
        for table, rows in self._rows.items():
            if rows:
                values = np.array(rows, np.int64).T
                columns = dict(zip(table.names, values, strict=True))
                block = table.block(columns, watermark_ns=watermark_ns, partition=self._account)
                yield block.sorted()

    def _head(self, time_ns: int, slot: Slot) -> Row:
        return (time_ns, self._account, *slot.owner, slot.instrument)

    def _post(self, at: tuple[int, Slot], ledger_account: int, moved: Row, order: Row) -> None:
        """One leg; `moved` is its lots and its money."""
        order_id, exec_id = order
        parts = (self._account, *at[1].owner, order_id, exec_id, ledger_account)
        row = (ids.derive(*parts), ledger_account, exec_id, order_id, *moved)
        self._rows[POSTINGS].append((*self._head(*at), *row))
