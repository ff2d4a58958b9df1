"""What risk knows of an instrument, carried over its splits and dividends: no value comes or goes."""

from __future__ import annotations

from typing import Any

from services.risk.facts import free_if_flat
from services.risk.state import Array, Desk
from shared.actions import Action, ActionRow, split_lots, split_price
from shared.exact import fits_sum
from shared.money import half_even


def act(desk: Desk, slots: Array, row: ActionRow) -> None:
    """One corporate action; of an instrument outside the universe nothing is known."""
    slot = int(slots[row.instrument]) if 0 <= row.instrument < len(slots) else -1
    if slot < 0:
        return
    holding = desk.holdings[slot]
    if row.action == Action.SPLIT:
        pay(desk, split(holding, row))
    elif row.action == Action.CASH_DIVIDEND:
        pay(desk, int(holding.position) * row.amount)


def split(holding: Any, row: ActionRow) -> int:
    """New lots and prices for old; gives the cash that is paid for a fraction of a lot, at the last close."""
    new, old = row.numerator, row.denominator
    lots, left = split_lots(int(holding.position), new, old)
    worth = int(holding.close) * left * int(holding.numerator)
    cash = half_even(worth, new * int(holding.denominator)) if left else 0
    holding.position = lots
    holding.average_entry = float(holding.average_entry) * old / new
    holding.entry_left = split_lots(int(holding.entry_left), new, old).lots
    holding.close = split_price(int(holding.close), new, old)
    ranges = [split_price(int(reach), new, old) for reach in holding.ranges]
    holding.ranges[:] = ranges
    holding.range_sum = sum(ranges)
    free_if_flat(holding)
    return cash


def pay(desk: Desk, amount: int) -> None:
    """Moves cash; what does not fit is unknown from then on, and no entry follows."""
    book = desk.book[0]
    if fits_sum(int(book.cash), amount):
        book.cash = int(book.cash) + amount
    else:
        book.cash_is_known = 0
