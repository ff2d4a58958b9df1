"""Averages that fade: each starts as the plain mean of its first values, as its inventors did."""

from __future__ import annotations

import math
from typing import Final

from services.features.row import Row
from shared.kernels import part

FADING: Final = 2
"""Places that a fading average keeps: how many values it was given, and where it stands."""
FORGOTTEN: Final = math.log(1e13)


@part
def faded(m: Row, at: int, bars: int, weight: float, value: float) -> float:
    """An average that starts as a plain mean and then moves by a share of each surprise; `FADING` places."""
    if m[at] < bars:
        m[at] += 1.0
        m[at + 1] += value / bars
    else:
        m[at + 1] += weight * (value - m[at + 1])
    return m[at + 1]


@part
def ema(m: Row, at: int, bars: int, value: float) -> float:
    """The exponential average of so many bars; keeps `FADING` places."""
    return faded(m, at, bars, 2.0 / (bars + 1.0), value)


@part
def wilder(m: Row, at: int, bars: int, value: float) -> float:
    """Wilder's average of so many bars; keeps `FADING` places."""
    return faded(m, at, bars, 1.0 / bars, value)


@part
def followed(m: Row, at: int, weight: float, value: float) -> float:
    """An average that starts at its first value; keeps `FADING` places."""
    if m[at] == 0.0:
        m[at] = 1.0
        m[at + 1] = value
    else:
        m[at + 1] += weight * (value - m[at + 1])
    return m[at + 1]


@part
def ema_chain(m: Row, at: int, bars: int, value: float, links: int) -> float:
    """An average of an average of …, each fed once the one before is warm; keeps links x `FADING` places."""
    for link in range(links):
        here = at + FADING * link
        value = ema(m, here, bars, value)
        if m[here] < bars:
            return value
    return value


def forgets(weight: float) -> int:
    """Values until a fading average has forgotten where it started, to thirteen digits."""
    return math.ceil(FORGOTTEN / -math.log1p(-weight)) if weight < 1.0 else 1


def ema_forgets(bars: float) -> int:
    """Bars until an exponential average has forgotten its start."""
    return int(bars) + forgets(2.0 / (bars + 1.0))


def wilder_forgets(bars: float) -> int:
    """Bars until Wilder's average has forgotten its start."""
    return int(bars) + forgets(1.0 / bars)
