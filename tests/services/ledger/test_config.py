"""An account opens with money of a known currency."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.ledger.config import LedgerConfig


def test_cash_is_held_in_millionths() -> None:
    config = LedgerConfig.of(Decimal("12.5"), "EUR")

    assert (config.currency, config.cash) == (1, 12_500_000)


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(ValueError, match="XAU"):
        LedgerConfig.of(Decimal(1), "XAU")
    with pytest.raises(ValueError, match="99"):
        LedgerConfig(cash=1, currency=99)
