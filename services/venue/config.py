"""The terms of the paper exchange: latency, fees, spread, slippage and how much of the touch is ours."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from shared.money import MICRO, micro
from shared.time import MINUTE_NS

MOST_LOTS: Final = 1 << 52


class VenueConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What trading costs and how long an order travels; it checks itself when made."""

    latency_ns: int = 50_000_000
    commission_per_lot: Decimal = Decimal(0)
    commission_bps: Decimal = Decimal("0.5")
    half_spread_ticks: int = 1
    slippage_ticks: int = 0
    slippage_bps: Decimal = Decimal(0)
    participation: Decimal = Decimal(1)
    most_lots: int = MOST_LOTS
    """The largest order that the exchange takes."""
    interval_ns: int = MINUTE_NS
    origin_ns: int = 0

    def __post_init__(self) -> None:
        problems = [text for wrong, text in self._doubts() if wrong]
        if problems:
            raise ValueError("; ".join(problems))

    def _doubts(self) -> tuple[tuple[bool, str], ...]:
        fees = (self.commission_per_lot, self.commission_bps, self.slippage_bps)
        return (
            (self.latency_ns < 1, f"latency_ns is {self.latency_ns}: an order takes at least 1 ns to arrive"),
            (min(fees) < 0, f"commissions and slippage {fees} must not be negative"),
            (self.half_spread_ticks < 0, f"half_spread_ticks is {self.half_spread_ticks}, less than 0"),
            (self.slippage_ticks < 0, f"slippage_ticks is {self.slippage_ticks}, less than 0"),
            (not 0 < self.participation <= 1, f"participation {self.participation} is not in (0, 1]"),
            (not 0 < self.most_lots <= MOST_LOTS, f"most_lots is {self.most_lots}, not in 1 to {MOST_LOTS}"),
            (self.interval_ns < 1, f"interval_ns is {self.interval_ns}: a bar takes time"),
        )

    @property
    def commission_per_lot_micro(self) -> int:
        """Commission on one lot in millionths."""
        return micro(self.commission_per_lot)

    @property
    def commission_ppm(self) -> int:
        """Commission on what is traded, in parts per million."""
        return int(self.commission_bps * 100)

    @property
    def slippage_ppm(self) -> int:
        """Slippage on the price, in parts per million."""
        return int(self.slippage_bps * 100)

    @property
    def participation_ppm(self) -> int:
        """Our share of the displayed size, in parts per million."""
        return int(self.participation * MICRO)
