"""What a replay prints: counts, one digest for everything that was decided and owned, and the speed."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from research.replay.tally import Tally


class ReplayResult(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one tape on one engine."""

    engine: str
    ticks: int
    verdicts: int
    orders: int
    fills: int
    ledger_sha256: str
    parts: Mapping[str, str]
    nav: str
    navs: Mapping[str, str]
    seconds: float
    ticks_per_s: float
    start_s: float = 0.0
    kills: Mapping[str, int] = {}
    restarts: int = 0
    notes: tuple[str, ...] = ()


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """How a run went, beside what it came to."""

    engine: str
    ticks: int
    seconds: float
    start_s: float = 0.0
    notes: tuple[str, ...] = ()
    kills: Mapping[str, int] = {}
    restarts: int = 0


def result_of(course: Course, tally: Tally) -> ReplayResult:
    """Both together, as they are printed."""
    return ReplayResult(
        engine=course.engine,
        ticks=course.ticks,
        verdicts=tally.verdicts,
        orders=tally.orders,
        fills=tally.fills,
        ledger_sha256=tally.ledger_sha256,
        parts=tally.parts,
        nav=tally.nav,
        navs=tally.navs,
        seconds=round(course.seconds, 3),
        ticks_per_s=round(course.ticks / max(course.seconds, 1e-9)),
        start_s=round(course.start_s, 3),
        kills=course.kills,
        restarts=course.restarts,
        notes=course.notes,
    )
