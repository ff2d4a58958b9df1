"""The books as bytes: equal books have equal bytes."""

from __future__ import annotations

from typing import Final

import msgspec

from services.ledger.account import Books, Owner, Purse, Slot
from services.ledger.booking import Holding
from shared.failures import Corrupt

VERSION: Final = 1

Clock = tuple[bool, int, int]
"""Whether the opening is booked, the last close seen, the last close valued."""


class _State(msgspec.Struct, array_like=True, frozen=True):
    version: int
    account: int
    purses: list[tuple[Owner, tuple[int, int, int, int, int]]]
    holdings: list[tuple[Slot, Holding]]
    marks: list[tuple[int, int]]
    recent: tuple[int, ...]
    clock: Clock


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_State).decode


def pack(account: int, books: Books, recent: tuple[int, ...], clock: Clock) -> bytes:
    """Everything that the ledger knows of an account, in canonical order."""
    money = sorted(books.purses.items(), key=lambda item: item[0])
    purses = [(owner, (p.capital, p.cash, p.inventory, p.realised, p.fees)) for owner, p in money]
    holdings = sorted(books.holdings.items())
    return _encode(_State(VERSION, account, purses, holdings, sorted(books.marks.items()), recent, clock))


def unpack(state: bytes, account: int) -> tuple[Books, tuple[int, ...], Clock]:
    """The books in these bytes, checked before anyone uses them."""
    try:
        found = _decode(state)
    except msgspec.MsgspecError as error:
        raise Corrupt(f"the ledger's state cannot be read: {error}") from error
    if (found.version, found.account) != (VERSION, account):
        raise Corrupt(
            f"the state is of version {found.version} and account {found.account}, "
            f"wanted version {VERSION} and account {account}"
        )
    purses = {owner: Purse(*money) for owner, money in found.purses}
    books = Books(purses, dict(found.holdings), dict(found.marks))
    books.check()
    return books, found.recent, found.clock
