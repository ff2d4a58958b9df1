"""The rule of one fill: what it does to a position at average cost, and the postings that say so."""

from __future__ import annotations

from typing import NamedTuple

from shared.money import fits, half_even


class Holding(NamedTuple):
    """A position: lots and what they cost, both signed, with profit taken and fees paid so far."""

    lots: int = 0
    cost: int = 0
    realised: int = 0
    fees: int = 0


class Booking(NamedTuple):
    """How one fill moves money, debits positive; its amounts add up to nothing."""

    cash: int
    inventory: int
    fees: int
    realised: int


def book(held: Holding, lots: int, value: int, fee: int) -> tuple[Holding, Booking]:
    """Takes a fill of signed lots and signed value (positive is bought) into a position.

    Lots that close go out at their share of the cost, rounded half to even; the last lot takes what
    is left, so that a flat position costs exactly nothing. Realised profit is a credit.
    """
    closed = closing(held.lots, lots)
    closed_value = half_even(value * abs(closed), abs(lots))
    share = half_even(held.cost * abs(closed), abs(held.lots)) if closed else 0
    inventory = value - closed_value - share
    profit = -closed_value - share
    after = Holding(
        fits(held.lots + lots),
        fits(held.cost + inventory),
        fits(held.realised + profit),
        fits(held.fees + fee),
    )
    return after, Booking(cash=fits(-value - fee), inventory=inventory, fees=fee, realised=-profit)


def closing(held: int, lots: int) -> int:
    """The part of a fill that ends lots of the other side, with the fill's sign."""
    if held == 0 or (held > 0) == (lots > 0):
        return 0
    return lots if abs(lots) <= abs(held) else -held
