"""What an account may risk: one schema with units, which refuses to contradict itself."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Final, Literal

import msgspec

from shared.ids import text_hash
from shared.market import CURRENCIES
from shared.money import MICRO
from shared.time import MINUTE_NS

NEWER: Final = {"trades": "active", "horizon_ns": 0}


class RiskConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Thresholds are probabilities, fractions are of equity, ranges are of the average true range."""

    book: int = 0
    strategy: int = 0
    tag: int = 0
    currency: str = "USD"
    starting_cash: Decimal = Decimal(1_000_000)
    entry_threshold: float = 0.45
    exit_threshold: float = 0.45
    stop_ranges: float = 2.0
    reward_ratio: float = 1.5
    risk_per_trade: float = 0.005
    max_position: float = 0.2
    max_gross: float = 2.0
    max_order_notional: Decimal = Decimal(250_000)
    min_equity: float = 0.5
    max_data_age_ns: int = 60 * MINUTE_NS
    universe: tuple[int, ...] = ()
    """Instruments of the book; empty means all that are quoted in its currency."""
    trades: Literal["active", "canary"] = "active"
    """Whose predictions the book acts upon: the active model's, or the canary's and no other."""
    horizon_ns: int = 0
    """Which predictions, where a model says several; 0 where there is one."""

    def __post_init__(self) -> None:
        problems = [text for wrong, text in (*self._ranges(), *self._contradictions()) if wrong]
        if problems:
            raise ValueError("; ".join(problems))

    def _ranges(self) -> tuple[tuple[bool, str], ...]:
        fractions = ("entry_threshold", "exit_threshold", "risk_per_trade", "min_equity")
        multiples = ("stop_ranges", "reward_ratio", "max_position", "max_gross")
        return (
            *(_outside(name, getattr(self, name), 1.0) for name in fractions),
            *(_outside(name, getattr(self, name), math.inf) for name in multiples),
            (
                self.currency not in CURRENCIES,
                f"currency {self.currency} is not one of {', '.join(CURRENCIES)}",
            ),
            (
                not _is_money(self.starting_cash),
                f"starting_cash {self.starting_cash} is not a positive amount",
            ),
            (
                not _is_money(self.max_order_notional),
                f"max_order_notional {self.max_order_notional} is not a positive amount",
            ),
            (self.max_data_age_ns < 1, f"max_data_age_ns {self.max_data_age_ns} is not positive"),
            (
                len(set(self.universe)) < len(self.universe),
                f"universe {self.universe} names an instrument twice",
            ),
            (min(self.book, self.strategy, self.tag) < 0, "book, strategy and tag must not be negative"),
            (self.horizon_ns < 0, f"horizon_ns {self.horizon_ns} is negative"),
        )

    def _contradictions(self) -> tuple[tuple[bool, str], ...]:
        return (
            (
                self.max_position > self.max_gross,
                f"max_position {self.max_position} is more than max_gross {self.max_gross} can ever hold",
            ),
            (
                self.risk_per_trade > self.max_position,
                f"risk_per_trade {self.risk_per_trade} is more than a whole position of {self.max_position}",
            ),
            (
                self.exit_threshold + self.entry_threshold > 1.0
                and self.exit_threshold > self.entry_threshold,
                (
                    f"exit_threshold {self.exit_threshold} is above entry_threshold {self.entry_threshold}: "
                    "it would hold a position against a signal for the opposite one"
                ),
            ),
        )

    @property
    def hash(self) -> int:
        """One number for all of it: part of every order id. A newer term that was not chosen is no part."""
        told = {name: value for name, value in msgspec.to_builtins(self).items() if value != NEWER.get(name)}
        return text_hash(msgspec.json.encode(told).decode())


def _outside(name: str, found: float, most: float) -> tuple[bool, str]:
    """Whether a number is outside (0, most]; NaN and infinity are."""
    wrong = not (math.isfinite(found) and 0.0 < found <= most)
    return wrong, f"{name} is {found}, wanted more than 0" + (
        "" if most == math.inf else f" and at most {most}"
    )


def _is_money(amount: Decimal) -> bool:
    """Whether an amount is positive, has at most six decimals, and fits."""
    if not amount.is_finite() or amount <= 0 or amount > Decimal(10) ** 12:
        return False
    return amount * MICRO == int(amount * MICRO)
