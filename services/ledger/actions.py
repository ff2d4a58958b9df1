"""What a corporate action does to one position: lots and cost, cash in lieu of fractions, dividends."""

from __future__ import annotations

from typing import NamedTuple

from services.ledger.booking import Booking, Holding
from shared.actions import Action, split_lots
from shared.block import Block
from shared.failures import BadInput
from shared.ids import derive
from shared.money import fits, half_even


class Event(NamedTuple):
    """One row of `corporate_actions` that moves lots or money."""

    time_ns: int
    instrument: int
    action: int
    numerator: int
    denominator: int
    amount: int

    @property
    def id(self) -> int:
        """Stands in the place of an execution in its postings; the same in every replay."""
        return derive(self.time_ns, self.instrument, self.action)


def events(block: Block) -> list[Event]:
    """The rows of a block that move lots or money, all of them checked before any is booked."""
    names = ("event_time_ns", "instrument", "action", "numerator", "denominator", "amount")
    rows = [Event(*row) for row in zip(*(block[name].tolist() for name in names), strict=True)]
    for row in rows:
        if row.action == Action.SPLIT and min(row.numerator, row.denominator) <= 0:
            raise BadInput(f"a split of {row.numerator} for {row.denominator} of instrument {row.instrument}")
        if row.action == Action.CASH_DIVIDEND and row.amount < 0:
            raise BadInput(f"a dividend of {row.amount} millionths of instrument {row.instrument}")
    return [row for row in rows if row.action in (Action.SPLIT, Action.CASH_DIVIDEND)]


def split(held: Holding, event: Event, mark: int, unit: tuple[int, int]) -> tuple[Holding, Booking]:
    """New lots for old at the same cost; a fraction of a lot is paid out at the last mark.

    The fraction takes its share of the cost with it, rounded half to even, so that a position that ends as
    nothing costs nothing.
    """
    lots, left = split_lots(held.lots, event.numerator, event.denominator)
    numerator, denominator = unit
    paid = half_even(mark * left * numerator, event.numerator * denominator) if left else 0
    share = half_even(held.cost * abs(left), abs(held.lots) * event.numerator) if left else 0
    profit = paid - share
    after = Holding(lots, fits(held.cost - share), fits(held.realised + profit), held.fees)
    return after, Booking(cash=fits(paid), inventory=-share, fees=0, realised=-profit)


def dividend(held: Holding, event: Event) -> tuple[Holding, Booking]:
    """Cash for every lot held; who is short pays it."""
    paid = fits(held.lots * event.amount)
    after = held._replace(realised=fits(held.realised + paid))
    return after, Booking(cash=paid, inventory=0, fees=0, realised=-paid)
