"""What an account starts with, and who in it holds the opening cash."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from shared.market import CURRENCIES
from shared.money import fits, micro


class LedgerConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Opening cash of one currency in millionths, and the owner inside the account that it belongs to."""

    cash: int
    currency: int = 0
    book: int = 0
    strategy: int = 0
    tag: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.currency < len(CURRENCIES):
            raise ValueError(f"currency id {self.currency} is not known; there are {len(CURRENCIES)}")
        fits(self.cash)

    @staticmethod
    def of(
        cash: Decimal, currency: str = "USD", book: int = 0, strategy: int = 0, tag: int = 0
    ) -> LedgerConfig:
        """The same in the words of the settings."""
        if currency not in CURRENCIES:
            raise ValueError(f"currency {currency} is not one of {', '.join(CURRENCIES)}")
        return LedgerConfig(
            cash=micro(cash), currency=CURRENCIES.index(currency), book=book, strategy=strategy, tag=tag
        )
