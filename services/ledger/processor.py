"""Books fills and values the account at every bar close; it checks its own books after each fill."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from services.ledger.account import Books, Owner, Slot
from services.ledger.actions import dividend, events, split
from services.ledger.config import LedgerConfig
from services.ledger.rows import Rows
from services.ledger.state import pack, unpack
from shared.actions import Action, split_price
from shared.block import Block
from shared.digest import CashLine, PositionLine
from shared.executed import executed
from shared.failures import BadInput
from shared.market import Instruments
from shared.money import fits, half_even
from shared.streams import BARS, CORPORATE_ACTIONS, FILLS
from shared.tables import LEDGER_TABLES
from shared.time import BEFORE_TAPE

RECENT: Final = 1024
"""Executions that are remembered by id, so that one that comes twice is refused."""


class LedgerProcessor:
    """Reads an account's fills, bars and corporate actions; writes postings, positions, balances, NAV."""

    reads, writes = (FILLS, BARS, CORPORATE_ACTIONS), LEDGER_TABLES

    def __init__(self, config: LedgerConfig, instruments: Instruments, account: int) -> None:
        self.account = account
        self._units = {row.instrument: row.unit.as_integer_ratio() for row in instruments}
        self._currencies = {row.instrument: row.currency_id for row in instruments}
        self._opening = Owner(config.book, config.strategy, config.tag, config.currency), config.cash
        self._books = Books.opened(*self._opening)
        self._changed: dict[Slot, int] = {}
        self._moved: dict[int, int] = {}
        self._recent: dict[int, None] = {}
        self._is_open = False
        self._close_ns = BEFORE_TAPE
        self._valued_ns = BEFORE_TAPE

    def handle(self, block: Block) -> Iterator[Block]:
        """Fills up to a close come before its bars; the close is valued when its bars are complete."""
        rows = Rows(self.account)
        if block.stream is FILLS:
            fills = executed(block)
            self._check(fills)
            self._book(fills, rows)
        elif block.stream is BARS:
            self._mark(block, rows)
        elif block.stream is CORPORATE_ACTIONS:
            self._act(block, rows)
        else:
            raise BadInput(f"the ledger reads fills, bars and corporate actions, found {block.stream.name}")
        self._show(rows)
        return rows.blocks(block.watermark_ns)

    def positions(self) -> list[PositionLine]:
        """Every position ever held, by owner and instrument."""
        return [
            PositionLine(self.account, *slot.owner[:3], slot.instrument, *holding)
            for slot, holding in sorted(self._books.holdings.items())
        ]

    def cash(self) -> list[CashLine]:
        """Cash by currency."""
        currencies = sorted({owner.currency for owner in self._books.purses})
        return [CashLine(self.account, currency, self._books.total(currency).cash) for currency in currencies]

    def snapshot(self) -> bytes:
        """The books in canonical order."""
        clock = (self._is_open, self._close_ns, self._valued_ns)
        return pack(self.account, self._books, tuple(self._recent), clock)

    def restore(self, state: bytes) -> None:
        """Takes the books of a twin, and checks them."""
        self._books, recent, clock = unpack(state, self.account)
        self._is_open, self._close_ns, self._valued_ns = clock
        self._recent = dict.fromkeys(recent)

    def _check(self, fills: Block) -> None:
        """Refuses a bad block before anything is booked."""
        seen = set(self._recent)
        columns = ("account", "instrument", "currency", "side", "quantity", "exec_id")
        for row in zip(*(fills[name].tolist() for name in columns), strict=True):
            account, instrument, currency, side, quantity, exec_id = row
            if account != self.account:
                raise BadInput(f"fill of account {account} came to the ledger of account {self.account}")
            if self._currencies.get(instrument) != currency:
                raise BadInput(f"fill of instrument {instrument} in currency {currency}: no such terms")
            if side not in (1, -1) or quantity <= 0 or exec_id <= 0:
                raise BadInput(f"fill {exec_id} has side {side} and quantity {quantity}")
            if exec_id in seen:
                raise BadInput(f"fill {exec_id} came twice")
            seen.add(exec_id)

    def _book(self, fills: Block, rows: Rows) -> None:
        columns = ("book", "strategy", "tag", "instrument", "side", "quantity", "price", "fee")
        values = zip(*(fills[name].tolist() for name in columns), strict=True)
        ids = zip(*(fills[name].tolist() for name in ("event_time_ns", "order_id", "exec_id")), strict=True)
        for (time_ns, *order), (who, *what) in zip(ids, values, strict=True):
            strategy, tag, instrument, side, quantity, price, fee = what
            if time_ns > self._close_ns:
                self._finish(rows)
            self._open(time_ns, rows)
            slot = Slot(Owner(who, strategy, tag, self._currencies[instrument]), instrument)
            lots = side * quantity
            booking = self._books.fill(slot, lots, self._value(instrument, price * lots), fee)
            self._books.marks.setdefault(instrument, price)
            self._remember(order[1])
            rows.posted((time_ns, slot), booking, lots, (order[0], order[1]))
            self._changed[slot] = self._moved[slot.owner.currency] = time_ns

    def _act(self, block: Block, rows: Rows) -> None:
        """Splits and dividends of what is held; a split carries the mark over, so no value comes or goes."""
        for event in events(block):
            if event.time_ns > self._close_ns:
                self._finish(rows)
            self._open(event.time_ns, rows)
            mark, unit = self._books.marks.get(event.instrument, 0), self._units.get(event.instrument, (1, 1))
            held = [(slot, was) for slot, was in self._books.held() if slot.instrument == event.instrument]
            for slot, was in held:
                is_split = event.action == Action.SPLIT
                after, booking = split(was, event, mark, unit) if is_split else dividend(was, event)
                self._books.act(slot, after, booking)
                rows.posted((event.time_ns, slot), booking, after.lots - was.lots, (0, event.id))
                self._changed[slot] = self._moved[slot.owner.currency] = event.time_ns
            if event.action == Action.SPLIT and mark:
                self._books.marks[event.instrument] = split_price(mark, event.numerator, event.denominator)

    def _mark(self, bars: Block, rows: Rows) -> None:
        """Takes the closes; a close is complete when a later row or the watermark has passed it."""
        times = bars["event_time_ns"]
        if len(times) and int(times[0]) < max(self._close_ns, self._valued_ns + 1):
            raise BadInput(f"bars of {int(times[0])} came after the close of {self._close_ns}")
        starts = [0, *(np.flatnonzero(times[1:] != times[:-1]) + 1).tolist()] if len(times) else []
        for start, stop in zip(starts, [*starts[1:], len(times)], strict=False):
            time_ns = int(times[start])
            if time_ns != self._close_ns:
                self._finish(rows)
                self._close_ns = time_ns
            names, closes = bars["instrument"][start:stop], bars["close"][start:stop]
            self._books.marks.update(zip(names.tolist(), closes.tolist(), strict=True))
        if bars.watermark_ns >= self._close_ns:
            self._finish(rows)

    def _finish(self, rows: Rows) -> None:
        """Values the close whose bars are complete, once."""
        if self._close_ns > self._valued_ns:
            self._valued_ns = self._close_ns
            self._open(self._close_ns, rows)
            self._value_account(self._close_ns, rows)

    def _value_account(self, time_ns: int, rows: Rows) -> None:
        gross = dict.fromkeys(self._books.purses, 0)
        net = gross.copy()
        for slot, holding in self._books.held():
            value = self._value(slot.instrument, self._books.marks[slot.instrument] * holding.lots)
            gross[slot.owner] += abs(value)
            net[slot.owner] += value
            self._changed[slot] = time_ns
        for owner, purse in sorted(self._books.purses.items(), key=lambda item: item[0]):
            worth = fits(purse.cash + net[owner])
            at = (purse.cash, net[owner], purse.inventory, fits(gross[owner]))
            rows.nav(time_ns, owner, (*at, purse.realised, purse.fees, worth))

    def _show(self, rows: Rows) -> None:
        """The positions and balances that this block has changed, as they now stand."""
        for slot, time_ns in self._changed.items():
            holding, mark = self._books.holdings[slot], self._books.marks[slot.instrument]
            value = self._value(slot.instrument, mark * holding.lots)
            rows.position((time_ns, slot), holding, mark, value)
        for currency, time_ns in self._moved.items():
            rows.balance(time_ns, currency, self._books.total(currency))
        self._changed, self._moved = {}, {}

    def _value(self, instrument: int, price_lots: int) -> int:
        numerator, denominator = self._units[instrument]
        return fits(half_even(price_lots * numerator, denominator))

    def _open(self, time_ns: int, rows: Rows) -> None:
        """The opening is booked with the first thing that happens."""
        if self._is_open:
            return
        self._is_open = True
        owner, amount = self._opening
        rows.opened(time_ns, owner, amount)
        self._moved[owner.currency] = time_ns

    def _remember(self, exec_id: int) -> None:
        self._recent[exec_id] = None
        if len(self._recent) > RECENT:
            del self._recent[next(iter(self._recent))]
