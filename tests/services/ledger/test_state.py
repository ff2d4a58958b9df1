"""A ledger's state is canonical, and checked when it is read."""

from __future__ import annotations

import pytest

from services.ledger.account import Books, OutOfBalance, Owner, Purse, Slot
from services.ledger.state import pack, unpack
from shared.failures import Corrupt

CLOCK = (True, 5, 5)
MINE, THEIRS = Owner(0, 0, 0, 0), Owner(0, 1, 0, 0)


def test_the_order_of_things_does_not_change_the_bytes() -> None:
    one = Books({MINE: Purse(100, 100), THEIRS: Purse(5, 5)})
    other = Books({THEIRS: Purse(5, 5), MINE: Purse(100, 100)})
    one.marks, other.marks = {1: 10, 2: 20}, {2: 20, 1: 10}

    assert pack(0, one, (), CLOCK) == pack(0, other, (), CLOCK)


def test_a_state_comes_back_whole() -> None:
    books = Books.opened(MINE, 100)
    books.fill(Slot(THEIRS, 3), 2, 20, 1)

    found, recent, clock = unpack(pack(4, books, (9, 8), CLOCK), 4)

    assert (found, recent, clock) == (books, (9, 8), CLOCK)


def test_the_state_of_another_account_is_refused() -> None:
    with pytest.raises(Corrupt, match="account 4"):
        unpack(pack(4, Books.opened(MINE, 1), (), CLOCK), 5)


def test_bytes_that_are_no_state_are_refused() -> None:
    with pytest.raises(Corrupt):
        unpack(b"\x01", 0)


def test_books_that_do_not_balance_are_refused() -> None:
    books = Books.opened(MINE, 100)
    books.purses[MINE].cash = 99

    with pytest.raises(OutOfBalance):
        unpack(pack(0, books, (), CLOCK), 0)
