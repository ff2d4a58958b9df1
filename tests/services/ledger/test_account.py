"""The books check themselves and stop when they are wrong."""

from __future__ import annotations

import pytest

from services.ledger.account import Books, OutOfBalance, Owner, Purse, Slot
from services.ledger.booking import Booking, Holding

MINE, THEIRS = Owner(0, 0, 0, 0), Owner(0, 1, 0, 0)


def test_postings_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(OutOfBalance, match="add up"):
        Purse(100, 100).take(Booking(cash=-10, inventory=9, fees=0, realised=0))


def test_money_from_nowhere_is_noticed() -> None:
    purse = Purse(100, 100)
    purse.cash += 1

    with pytest.raises(OutOfBalance, match="101"):
        purse.take(Booking(cash=-10, inventory=10, fees=0, realised=0))


def test_positions_must_cost_what_the_purses_say() -> None:
    books = Books.opened(MINE, 100)
    books.fill(Slot(MINE, 1), 2, 20, 1)
    books.check()

    books.holdings[Slot(MINE, 1)] = Holding(2, 21, 0, 1)

    with pytest.raises(OutOfBalance, match="21"):
        books.check()


def test_an_owner_that_was_never_funded_starts_at_nothing() -> None:
    books = Books.opened(MINE, 100)

    books.fill(Slot(THEIRS, 1), 2, 20, 0)

    assert books.purses[THEIRS].cash == -20
    assert books.total(0).cash == 80
