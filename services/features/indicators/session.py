"""Where in its session and week a bar lies, and what the session has done so far."""

from __future__ import annotations

import math
from typing import Final

from services.features.registry import Feature, next_session
from services.features.row import (
    BEFORE,
    CLOSE,
    HIGH,
    LOW,
    NEW_SESSION,
    OPEN,
    SEEN,
    SESSION_SHARE,
    VOLUME,
    VWAP,
    WEEKDAY,
    Op,
    Row,
    ratio,
)
from shared.kernels import step


@step
def sine(m: Row, op: Op) -> None:
    """The bar's end as a point on a circle, its height."""
    m[op.out] = math.sin(2.0 * math.pi * m[SESSION_SHARE])


@step
def cosine(m: Row, op: Op) -> None:
    """The bar's end as a point on a circle, its width."""
    m[op.out] = math.cos(2.0 * math.pi * m[SESSION_SHARE])


@step
def weekday(m: Row, op: Op) -> None:
    """The day of the week, plain and as a point on a circle of seven."""
    m[op.out] = m[WEEKDAY]
    angle = 2.0 * math.pi * m[WEEKDAY] / 7.0
    m[op.out + 1], m[op.out + 2] = math.sin(angle), math.cos(angle)


@step
def markers(m: Row, op: Op) -> None:
    """The first bar of a session, how many it has had, and how far it has come."""
    m[op.at] = 1.0 if m[NEW_SESSION] > 0.0 else m[op.at] + 1.0
    m[op.out], m[op.out + 1], m[op.out + 2] = m[NEW_SESSION], m[op.at], m[SESSION_SHARE]


@step
def session_moves(m: Row, op: Op) -> None:
    """Since the session's open, since the close before it, and where between its extremes."""
    at = op.at
    if m[NEW_SESSION] > 0.0:
        m[at], m[at + 1], m[at + 2], m[at + 3] = m[OPEN], m[BEFORE], m[HIGH], m[LOW]
    m[at + 2], m[at + 3] = max(m[at + 2], m[HIGH]), min(m[at + 3], m[LOW])
    m[op.out] = math.log(m[CLOSE] / m[at])
    m[op.out + 1] = math.log(m[at] / m[at + 1])
    m[op.out + 2] = ratio(m[CLOSE] - m[at + 3], m[at + 2] - m[at + 3], 0.5)


@step
def session_vwap(m: Row, op: Op) -> None:
    """The mean price that was paid since the session's open."""
    at = op.at
    if m[NEW_SESSION] > 0.0:
        m[at] = m[at + 1] = 0.0
    m[at] += m[VWAP] * m[VOLUME]
    m[at + 1] += m[VOLUME]
    m[op.out + 1] = ratio(m[at], m[at + 1], m[CLOSE])
    m[op.out] = m[CLOSE] / m[op.out + 1] - 1.0


@step
def pivots(m: Row, op: Op) -> None:
    """Levels that floor traders draw from the session before; NaN until one has been seen."""
    at = op.at
    if m[NEW_SESSION] > 0.0:
        for k in range(3):
            m[at + 3 + k] = m[at + k] if m[SEEN] > 1.0 else math.nan
        m[at], m[at + 1] = m[HIGH], m[LOW]
    m[at], m[at + 1], m[at + 2] = max(m[at], m[HIGH]), min(m[at + 1], m[LOW]), m[CLOSE]
    high, low = m[at + 3], m[at + 4]
    pivot = (high + low + m[at + 5]) / 3.0
    m[op.out] = m[CLOSE] / pivot - 1.0
    m[op.out + 1], m[op.out + 2], m[op.out + 3] = pivot, 2.0 * pivot - low, 2.0 * pivot - high


FEATURES: Final = (
    Feature(
        name="session_sine", update=sine, unit="−1 … 1",
        formula="sin 2π (bar's close within its session / session's length)",
    ),
    Feature(
        name="session_cosine", update=cosine, unit="−1 … 1",
        formula="cos 2π (bar's close within its session / session's length)",
    ),
    Feature(
        name="weekday", update=weekday, outputs=("number", "sine", "cosine"), unit="0 Monday … 6; −1 … 1",
        formula="the UTC day of the bar's last moment; its angle is number / 7 of a circle",
    ),
    Feature(
        name="session", update=markers, outputs=("first", "bars", "share"), unit="0 or 1; bars; 0 … 1",
        formula="first = 1 on the first bar seen of a session; bars = bars seen of it; share = "
        "where the close lies",
        state=lambda: 1, forgets=next_session,
    ),
    Feature(
        name="session_move", update=session_moves, outputs=("return", "gap", "position"),
        unit="log return; 0 … 1",
        formula="return = ln(close / session's open); gap = ln(session's open / close before it); "
        "position = (close − session's low) / session's range",
        state=lambda: 4, forgets=next_session,
    ),
    Feature(
        name="vwap", update=session_vwap, outputs=("distance", "level"), unit="share; price ticks",
        formula="level = sum of vwap × volume / sum of volume since the session's first bar; "
        "distance = close / level − 1",
        state=lambda: 2, forgets=next_session,
    ),
    Feature(
        name="pivot", update=pivots, outputs=("distance", "level", "resistance", "support"),
        unit="share; price ticks",
        formula="level = (high + low + close) / 3 of the session before; resistance = 2 level − low; "
        "support = 2 level − high; distance = close / level − 1; NaN until a session has passed",
        state=lambda: 6, forgets=next_session,
    ),
)  # fmt: skip
"""The family's registry."""
