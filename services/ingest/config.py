"""What ingest is told once, at its start."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from services.ingest.synthetic.market import MarketPlan
from shared.settings import Settings
from shared.time import MINUTE_NS, SECOND_NS

START_NS = 1_767_614_400_000_000_000
"""Where the synthetic market's clock starts: noon, UTC, on 5 January 2026, the middle of its session."""


class HistoryPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of the synthetic market's past exists: days, then minutes, then base bars up to the start."""

    daily_bars: Annotated[int, Meta(ge=0)] = 500
    minute_bars: Annotated[int, Meta(ge=0)] = 20 * 1440
    base_bars: Annotated[int, Meta(ge=0)] = 4 * 720
    minute_ns: Annotated[int, Meta(gt=0)] = MINUTE_NS


class Pacing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a live source groups rows into cuts, in wall time."""

    speed: Annotated[float, Meta(gt=0.0)] = 1.0
    rows_per_cut: Annotated[int, Meta(ge=1)] = 1024
    linger_ns: Annotated[int, Meta(gt=0)] = 2_000_000
    heartbeat_ns: Annotated[int, Meta(gt=0)] = SECOND_NS // 4


class IngestConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One source and its pace."""

    market: MarketPlan = MarketPlan()
    history: HistoryPlan = HistoryPlan()
    pacing: Pacing = Pacing()
    start_ns: int = START_NS
    tape: str = ""


def ingest_config(settings: Settings) -> IngestConfig:
    """The part of all settings that ingest obeys."""
    base = round(settings.features.bar_s * SECOND_NS)
    return IngestConfig(
        market=MarketPlan(seed=settings.market.seed, symbols=settings.market.symbols, interval_ns=base),
        history=HistoryPlan(minute_bars=settings.market.history_days * 1440),
        pacing=Pacing(
            speed=settings.market.speed,
            rows_per_cut=settings.engine.block_rows,
            linger_ns=round(settings.engine.linger_ms * 1e6),
        ),
        tape=settings.ingest.tape if settings.ingest.source == "tape" else "",
    )
