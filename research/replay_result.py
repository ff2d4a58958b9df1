"""What a replay prints: counts, one digest for everything that was decided and owned, and the speed."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class ReplayResult(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one tape on one engine."""

    engine: str
    ticks: int
    bars: int
    verdicts: int
    orders: int
    fills: int
    ledger_sha256: str
    parts: Mapping[str, str]
    nav: str
    navs: Mapping[str, str]
    seconds: float
    ticks_per_s: float
    kills: Mapping[str, int] = {}
    restarts: int = 0
    notes: tuple[str, ...] = ()
