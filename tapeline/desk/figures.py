"""What the desk shows of the market, the accounts and the services at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tapeline.desk.child import Child
from tapeline.desk.vitals import Vitals


@dataclass(frozen=True)
class AccountLine:
    """One account: what it is worth and what it did."""

    account: int
    nav: Decimal
    gain: Decimal
    positions: int
    orders: int
    fills: int


@dataclass(frozen=True)
class PositionLine:
    """One open position."""

    account: int
    symbol: str
    quantity: Decimal
    price: Decimal
    value: Decimal
    gain: Decimal


@dataclass(frozen=True)
class SignalLine:
    """One of the last signals."""

    time_ns: int
    symbol: str
    side: int
    probability: float


@dataclass(frozen=True)
class ServiceLine:
    """One service: how it is and how far behind."""

    name: str
    state: str
    uptime_s: float
    restarts: int
    lag_blocks: float | None
    lag_s: float | None
    rows_s: float


@dataclass(frozen=True)
class Trading:
    """What Postgres knows."""

    market_time_ns: int = 0
    accounts: tuple[AccountLine, ...] = ()
    positions: tuple[PositionLine, ...] = ()
    signals: tuple[SignalLine, ...] = ()


def service_line(child: Child, now: Vitals | None, rows_s: float) -> ServiceLine:
    """One service's line from what the supervisor and the service itself know."""
    state = child.state.value
    if state == "running":
        state = "ready" if now is not None and now.ready else "starting"
    return ServiceLine(
        child.plan.name,
        state,
        child.uptime_s,
        child.restarts,
        now.lag_blocks if now is not None else None,
        now.lag_s if now is not None else None,
        rows_s,
    )
