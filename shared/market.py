"""Instruments: an id for ever, and what one price tick of one lot is worth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Final

import msgspec

from shared.ids import text_hash
from shared.money import MICRO, fits, half_even

SECTORS: Final = (
    "Technology",
    "Financials",
    "Healthcare",
    "Industrials",
    "Energy",
    "Consumer Discretionary",
    "Consumer Staples",
    "Utilities",
    "Materials",
    "Real Estate",
    "Communication Services",
)
CURRENCIES: Final = ("USD", "EUR", "GBP", "JPY", "BTC", "USDT")


class Instrument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a symbol meant on a venue over a span of time; it checks itself when made."""

    instrument: int
    symbol: str
    venue: str = "TAPE"
    valid_from_ns: int = 0
    valid_until_ns: int = (1 << 63) - 1
    asset_class: str = "equity"
    currency: str = "USD"
    tick: Decimal = Decimal("0.01")
    lot: Decimal = Decimal("1")
    multiplier: Decimal = Decimal("1")
    calendar: str = "24/7"
    sector: str = ""

    def __post_init__(self) -> None:
        if not self.symbol:
            raise ValueError("an instrument wants a symbol")
        if min(self.tick, self.lot, self.multiplier) <= 0:
            raise ValueError(f"{self.symbol}: tick, lot and multiplier must be positive")
        if self.currency not in CURRENCIES:
            raise ValueError(f"{self.symbol}: currency {self.currency} is not one of {', '.join(CURRENCIES)}")
        if self.sector and self.sector not in SECTORS:
            raise ValueError(f"{self.symbol}: sector {self.sector} is not one of {', '.join(SECTORS)}")

    @property
    def unit(self) -> Fraction:
        """Millionths of the currency that one price tick of one lot is worth."""
        return Fraction(self.tick) * Fraction(self.lot) * Fraction(self.multiplier) * MICRO

    @property
    def currency_id(self) -> int:
        """The number that stands for the currency in a row."""
        return CURRENCIES.index(self.currency)

    def value(self, price: int, lots: int) -> int:
        """What these lots are worth at this price, in millionths."""
        unit = self.unit
        return fits(half_even(price * lots * unit.numerator, unit.denominator))


class Instruments:
    """The instrument table of a run, by id and by symbol."""

    def __init__(self, rows: Iterable[Instrument] = ()) -> None:
        self._rows: dict[int, Instrument] = {}
        self._by_symbol: dict[str, Instrument] = {}
        for row in rows:
            self.add(row)

    def add(self, row: Instrument) -> None:
        """Takes one more instrument; an id never changes its meaning."""
        if self._rows.setdefault(row.instrument, row) != row:
            raise ValueError(f"instrument {row.instrument} is already {self._rows[row.instrument].symbol}")
        self._by_symbol[row.symbol] = row

    def __iter__(self) -> Iterator[Instrument]:
        return iter(sorted(self._rows.values(), key=lambda row: row.instrument))

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, instrument: int) -> Instrument:
        return self._rows[instrument]

    def __contains__(self, instrument: int) -> bool:
        return instrument in self._rows

    def symbol(self, symbol: str) -> Instrument | None:
        """The instrument with this symbol, if it is known."""
        return self._by_symbol.get(symbol)

    def default(
        self, symbol: str, tick: Decimal = Decimal("0.01"), lot: Decimal = Decimal("1")
    ) -> Instrument:
        """The instrument of a symbol; an unknown one gets these terms and the next id."""
        known = self._by_symbol.get(symbol)
        if known is not None:
            return known
        made = Instrument(instrument=max(self._rows, default=0) + 1, symbol=symbol, tick=tick, lot=lot)
        self.add(made)
        return made

    @property
    def hash(self) -> int:
        """One number for all terms, so that two runs can tell whether they mean the same."""
        return text_hash(msgspec.json.encode(list(self), order="deterministic").decode())


def money_of(instruments: Instruments) -> str:
    """The currency of the books: that of all instruments, or the first that we know among several."""
    priced = {row.currency for row in instruments}
    return next((name for name in CURRENCIES if name in priced), CURRENCIES[0])
