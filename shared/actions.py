"""Corporate actions: what each does to prices and lots, in whole numbers."""

from __future__ import annotations

import enum
from typing import NamedTuple

from shared.money import fits, half_even


class Action(enum.IntEnum):
    """The kinds of a row of `corporate_actions`."""

    SPLIT = 1
    CASH_DIVIDEND = 2
    RENAME = 3
    DELISTING = 4


class SplitLots(NamedTuple):
    """Lots after a split, and the fraction that is paid out: left / denominator of a new lot."""

    lots: int
    left: int


def split_lots(lots: int, numerator: int, denominator: int) -> SplitLots:
    """New lots for old ones, towards nothing; what is left over has the position's sign."""
    if numerator <= 0 or denominator <= 0:
        raise ValueError(f"a split of {numerator} for {denominator} is none")
    whole, left = divmod(abs(lots) * numerator, denominator)
    return SplitLots(fits(-whole), -left) if lots < 0 else SplitLots(fits(whole), left)


def split_price(price: int, numerator: int, denominator: int) -> int:
    """What a price of before is after the split, rounded half to even, and never to nothing."""
    if price == 0:
        return 0
    return max(1, half_even(price * denominator, numerator))
