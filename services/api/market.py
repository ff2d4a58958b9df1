"""The market's conditions as the line published them: read out of feature vectors, never worked out anew."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

import msgspec

from shared.block import Block
from shared.calendars import ALWAYS
from shared.codec import decode
from shared.engine.plan import RunPlan
from shared.hours import Hours
from shared.market import Instrument
from shared.settings import FEEDS
from shared.time import DAY_NS, iso

LOOK_BACK: Final = 8
"""Blocks of vectors among which the newest with rows is looked for."""
DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FIRST_DAY: Final = 3
"""The first of January 1970 was a Thursday."""
TRENDS: Final = {1: "bullish", 0: "neutral", -1: "bearish"}
REGIMES: Final = {1: "wild", 0: "usual", -1: "calm"}
NUMBERS: Final = {
    "volatility": "market.annual_volatility_",
    "momentum": "market.momentum_score_",
    "return_5": "market.return_5",
    "return_20": "market.return_20",
    "vix": "vix.close",
    "vix_return_5": "vix.return_5",
}
"""What is told, and how the name of the feature that says it begins."""
WORDS: Final = {
    "trend": ("market.trend_state_", TRENDS),
    "volatility_regime": ("market.volatility_regime_", REGIMES),
}
OF_MARKET: Final = ("market.", "vix.")

Number = float | None


class Conditions(msgspec.Struct, frozen=True, kw_only=True):
    """What a vector says of the market; null where it does not, or not yet."""

    time: str
    trend: str | None = None
    volatility: Number = None
    volatility_regime: str | None = None
    momentum: Number = None
    return_5: Number = None
    return_20: Number = None
    vix: Number = None
    vix_return_5: Number = None
    features: dict[str, Number]


class CalendarNow(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a calendar's venue is open, and until when that stays so; null if it never changes."""

    calendar: str
    open: bool
    until: str | None


class MarketNow(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: conditions with the close that they are of, and the hours by the market's own clock."""

    run: str
    clock: Literal["wall", "market"]
    now: str | None
    time_of_day: str | None
    day_of_week: str | None
    open: bool | None
    hours: tuple[CalendarNow, ...]
    conditions: Conditions | None
    missing: str


def market_now(
    run: str,
    plan: RunPlan,
    instruments: Mapping[int, Instrument],
    payloads: Iterable[bytes],
    wall_ns: int,
) -> MarketNow:
    """What the newest of these vectors says, and the hours of what is traded.

    A live feed's market lives by the wall's clock; any other by its own, which stands at its last close.
    """
    newest = newest_of([decode(payload) for payload in payloads])
    of_feed = plan.source.get("kind") in FEEDS
    at_ns = int(newest["event_time_ns"][-1]) if newest is not None else None
    now_ns = wall_ns if of_feed else at_ns
    hours = hours_at(plan.hours, instruments.values(), now_ns) if now_ns is not None else ()
    return MarketNow(
        run=run,
        clock="wall" if of_feed else "market",
        now=None if now_ns is None else iso(now_ns),
        time_of_day=None if now_ns is None else iso(now_ns)[11:19],
        day_of_week=None if now_ns is None else DAYS[(now_ns // DAY_NS + FIRST_DAY) % 7],
        open=any(one.open for one in hours) if hours else None,
        hours=hours,
        conditions=None if newest is None else conditions(plan.features, newest),
        missing=_missing(plan, newest),
    )


def newest_of(blocks: Sequence[Block]) -> Block | None:
    """The block whose last row is the latest."""
    filled = [block for block in blocks if len(block)]
    return max(filled, key=lambda block: int(block["event_time_ns"][-1]), default=None)


def conditions(names: Sequence[str], vectors: Block) -> Conditions | None:
    """What the last of these vectors says of the market; nothing if it was not asked."""
    said = {
        name: value if math.isfinite(value) else None
        for name, value in zip(names, vectors["values"][-1].tolist(), strict=False)
        if name.startswith(OF_MARKET)
    }
    if not said:
        return None
    found: dict[str, Number] = {told: _first(said, name) for told, name in NUMBERS.items()}
    words = {told: _word(_first(said, name), meaning) for told, (name, meaning) in WORDS.items()}
    time = iso(int(vectors["event_time_ns"][-1]))
    return msgspec.convert({"time": time, "features": said, **found, **words}, Conditions)


def hours_at(
    hours: Sequence[Hours], instruments: Iterable[Instrument], now_ns: int
) -> tuple[CalendarNow, ...]:
    """Which of the calendars of these instruments are open."""
    known = {one.calendar: one for one in hours}
    named = sorted({one.calendar for one in instruments})
    around = [CalendarNow(calendar=ALWAYS, open=True, until=None)] if ALWAYS in named else []
    return (*around, *(_calendar(known[name], now_ns) for name in named if name in known))


def _calendar(hours: Hours, now_ns: int) -> CalendarNow:
    following = min((t for t in (*hours.opens, *hours.closes) if t > now_ns), default=None)
    until = None if following is None else iso(following)
    return CalendarNow(calendar=hours.calendar, open=hours.sessions.holds(now_ns), until=until)


def _first(said: Mapping[str, Number], begin: str) -> Number:
    """The value of a feature by its name, or by how its name begins where parameters follow."""
    if not begin.endswith("_"):
        return said.get(begin)
    return next((value for name, value in said.items() if name.startswith(begin)), None)


def _word(value: Number, meaning: Mapping[int, str]) -> str | None:
    return None if value is None else meaning[int(value)]


def _missing(plan: RunPlan, newest: Block | None) -> str:
    """Why there are no conditions; nothing if there are."""
    if not any(name.startswith(OF_MARKET) for name in plan.features):
        return "the vector of this run asks nothing of the market"
    return "no bar has closed since the bus began" if newest is None else ""
