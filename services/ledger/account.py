"""One account's books: every fill is booked twice, and the books are checked after each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from services.ledger.booking import Booking, Holding, book
from shared.money import fits


class Owner(NamedTuple):
    """Whose money it is inside the account, and its currency."""

    book: int
    strategy: int
    tag: int
    currency: int


class Slot(NamedTuple):
    """Whose position it is, and in what."""

    owner: Owner
    instrument: int


class OutOfBalance(Exception):
    """The books contradict themselves: stop at once, nothing may be built on them."""


@dataclass(slots=True)
class Purse:
    """All money of one owner; cash and inventory at cost equal capital and profit less fees."""

    capital: int = 0
    cash: int = 0
    inventory: int = 0
    realised: int = 0
    fees: int = 0

    def take(self, booking: Booking) -> None:
        """Moves the money of one fill."""
        if booking.cash + booking.inventory + booking.fees + booking.realised != 0:
            raise OutOfBalance(f"the postings of a fill do not add up to nothing: {booking}")
        self.cash = fits(self.cash + booking.cash)
        self.inventory = fits(self.inventory + booking.inventory)
        self.realised = fits(self.realised - booking.realised)
        self.fees = fits(self.fees + booking.fees)
        self.check()

    def check(self) -> None:
        """What is owned must be what was put in and earned."""
        owned = self.cash + self.inventory
        owed = self.capital + self.realised - self.fees
        if owned != owed:
            raise OutOfBalance(f"cash and inventory are {owned} millionths, the sources say {owed}")


@dataclass(slots=True)
class Books:
    """Positions by owner and instrument, money by owner, and the last known mark of every instrument."""

    purses: dict[Owner, Purse]
    holdings: dict[Slot, Holding] = field(default_factory=dict)
    marks: dict[int, int] = field(default_factory=dict)

    @staticmethod
    def opened(owner: Owner, cash: int) -> Books:
        """Books that hold nothing but their opening cash."""
        return Books({owner: Purse(cash, cash)})

    def fill(self, slot: Slot, lots: int, value: int, fee: int) -> Booking:
        """Books one fill; signed lots and value, positive is bought."""
        after, booking = book(self.holdings.get(slot, Holding()), lots, value, fee)
        if after.lots == 0 and after.cost != 0:
            raise OutOfBalance(f"{slot} is flat and still costs {after.cost} millionths")
        self.purses.setdefault(slot.owner, Purse()).take(booking)
        self.holdings[slot] = after
        return booking

    def act(self, slot: Slot, after: Holding, booking: Booking) -> None:
        """Books what a corporate action makes of a position."""
        if after.lots == 0 and after.cost != 0:
            raise OutOfBalance(f"{slot} is flat and still costs {after.cost} millionths")
        self.purses[slot.owner].take(booking)
        self.holdings[slot] = after

    def held(self) -> Iterator[tuple[Slot, Holding]]:
        """The positions that are not flat."""
        return ((slot, holding) for slot, holding in self.holdings.items() if holding.lots)

    def total(self, currency: int) -> Purse:
        """The money of all owners in one currency."""
        purses = [purse for owner, purse in self.purses.items() if owner.currency == currency]
        return Purse(
            fits(sum(purse.capital for purse in purses)),
            fits(sum(purse.cash for purse in purses)),
            fits(sum(purse.inventory for purse in purses)),
            fits(sum(purse.realised for purse in purses)),
            fits(sum(purse.fees for purse in purses)),
        )

    def check(self) -> None:
        """Every owner's positions must cost what its purse says; raises otherwise."""
        costs = dict.fromkeys(self.purses, 0)
        for slot, holding in self.holdings.items():
            costs[slot.owner] = costs.get(slot.owner, 0) + holding.cost
        for owner, cost in costs.items():
            purse = self.purses.get(owner, Purse())
            purse.check()
            if cost != purse.inventory:
                raise OutOfBalance(
                    f"the positions of {owner} cost {cost} millionths, its purse says {purse.inventory}"
                )
