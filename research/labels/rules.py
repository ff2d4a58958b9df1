"""Labels by name: what came after each closed bar, and the time at which that was known."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from research.dataset.spans import Span, read_span
from research.labels.kernels import (
    MISSING,
    deviations,
    ends_after_bars,
    ends_after_time,
    first_touches,
)
from shared.block import Block
from shared.failures import Refused
from shared.time import BEFORE_TAPE

Whole = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
SPELLING: Final = re.compile(r"([a-z_]+?)(?:\(([^()]*)\)|((?:_\d+(?:\.\d+)?[a-z]*)*))(\.mid)?")
UNKNOWN_NS: Final = BEFORE_TAPE
"""The end of a label that nobody knows yet."""


class Future(NamedTuple):
    """Bars in order of instrument and time, as the rules read them; a session is a number a bar."""

    instruments: Whole
    times: Whole
    interval_ns: int
    sessions: Whole
    closes: Floats
    mids: Floats
    ranges: Floats
    """Open, high and low, a column each."""


class Column(NamedTuple):
    """A label for each bar, NaN where the future does not decide it, and when it was decided."""

    name: str
    values: Floats
    end_ns: Whole


@dataclass(frozen=True)
class Rule:
    """A label's definition: its parameters behind the horizon with what is usual, and how it is decided."""

    name: str
    formula: str
    parameters: tuple[tuple[str, float], ...]
    decide: Callable[[Future, Whole, Floats, Span, tuple[float, ...]], tuple[Floats, Whole]]
    horizon: bool = True
    classes: bool = True
    """Whether it says −1, 0 or 1 and nothing else, so that a model can learn it."""


class Asked(NamedTuple):
    """A rule with its horizon and parameters."""

    rule: Rule
    span: Span
    values: tuple[float, ...]
    price: str

    @property
    def name(self) -> str:
        """`triple_barrier_10_1_1_20`, `forward_return_5m.mid`: one spelling, as for features."""
        parts = (self.span.text,) if self.rule.horizon else ()
        said = "_".join((self.rule.name, *parts, *(f"{value:g}" for value in self.values)))
        return f"{said}.mid" if self.price == "mid" else said


def asked(text: str) -> Asked:
    """Reads `forward_return(5)`, `threshold_1d_10`, `triple_barrier(10, 1, 1, 20)`; nonsense is refused."""
    found = SPELLING.fullmatch(text.strip())
    rule = BY_NAME.get(found[1]) if found else None
    if found is None or rule is None:
        raise Refused(f"there is no label {text}; there are {', '.join(BY_NAME)}")
    inside = found[2].split(",") if found[2] else (found[3] or "").split("_")
    given = [part.strip() for part in inside if part.strip()]
    span = read_span(given.pop(0) if given and rule.horizon else "1")
    if len(given) > len(rule.parameters):
        names = ", ".join(("horizon",) * rule.horizon + tuple(name for name, _ in rule.parameters))
        raise Refused(f"{rule.name} takes {names or 'no parameters'}, found {text}")
    try:
        values = (*map(float, given), *(usual for _, usual in rule.parameters[len(given) :]))
    except ValueError:
        raise Refused(f"{text}: a parameter is no number") from None
    if not all(value >= 0.0 and math.isfinite(value) for value in values):
        raise Refused(f"{text}: parameters are numbers from 0 up")
    if rule.name == "triple_barrier" and not (min(values[:2]) > 0 and values[2] >= 2 and values[2] % 1 == 0):
        raise Refused(
            f"{text}: barriers lie above 0 and the deviation wants a whole number of 2 bars or more"
        )
    return Asked(rule, span, values, "mid" if found[4] else "close")


def label(bars: Block, labels: Sequence[Asked], sessions: Whole | None = None) -> list[Column]:
    """Every label of every bar, in the order of the bars.

    A label looks at its bar, at the past only for the width of its barriers, and at the future as far as its
    end. With sessions (a number a bar), no label looks beyond its own.
    """
    order = np.lexsort([bars["event_time_ns"], bars["instrument"]])
    future = _future(bars, order, np.zeros(len(bars), np.int64) if sessions is None else sessions)
    columns = []
    for one in labels:
        ends = _ends(future, one.span)
        prices = future.mids if one.price == "mid" else future.closes
        values, stops = one.rule.decide(future, ends, prices, one.span, one.values)
        known = (stops != MISSING) & ~np.isnan(values)
        back = np.empty(len(bars))
        back[order] = np.where(known, values, np.nan)
        end_ns = np.empty(len(bars), np.int64)
        end_ns[order] = np.where(known, future.times[stops], UNKNOWN_NS) if len(bars) else 0
        columns.append(Column(one.name, back, end_ns))
    return columns


def _future(bars: Block, order: npt.NDArray[np.int64], sessions: Whole) -> Future:
    price = {name: bars[name][order].astype(np.float64) for name in ("open", "high", "low", "close")}
    bid, ask = bars["bid"][order], bars["ask"][order]
    mids = np.where((bid > 0) & (ask > 0), (bid + ask) / 2.0, price["close"])
    return Future(
        bars["instrument"][order].astype(np.int64),
        np.ascontiguousarray(bars["event_time_ns"][order]),
        int(bars["interval_ns"][0]) if len(bars) else 1,
        np.ascontiguousarray(sessions[order]),
        price["close"],
        mids,
        np.column_stack([price["open"], price["high"], price["low"]]),
    )


def _ends(future: Future, span: Span) -> Whole:
    ends = np.empty(len(future.times), np.int64)
    if span.bars:
        ends_after_bars(future.instruments, span.bars, ends)
    else:
        ends_after_time(future.instruments, future.times, span.ns, ends)
    return ends


def in_session(future: Future, ends: Whole) -> Whole:
    """Ends that lie in their bar's own session; the others are nobody's."""
    stays = (ends != MISSING) & (future.sessions[ends] == future.sessions)
    return np.where(stays, ends, MISSING)


def _forward_return(
    future: Future, ends: Whole, prices: Floats, span: Span, values: tuple[float, ...]
) -> tuple[Floats, Whole]:
    return np.log(prices[ends] / prices), in_session(future, ends)


def _direction(
    future: Future, ends: Whole, prices: Floats, span: Span, values: tuple[float, ...]
) -> tuple[Floats, Whole]:
    move, band = prices[ends] / prices - 1.0, values[0] * 1e-4
    return np.where(np.abs(move) > band, np.sign(move), 0.0), in_session(future, ends)


def _next_tick(
    future: Future, ends: Whole, prices: Floats, span: Span, values: tuple[float, ...]
) -> tuple[Floats, Whole]:
    return np.sign(future.ranges[ends, 0] - future.closes), in_session(future, ends)


def _threshold(
    future: Future, ends: Whole, prices: Floats, span: Span, values: tuple[float, ...]
) -> tuple[Floats, Whole]:
    move, bound = 100.0 * (prices[ends] - prices), values[0] * prices
    return np.where(np.abs(move) >= bound, np.sign(move), 0.0), in_session(future, ends)


def _triple_barrier(
    future: Future, ends: Whole, prices: Floats, span: Span, values: tuple[float, ...]
) -> tuple[Floats, Whole]:
    up, down, bars = values
    rows = len(ends)
    deviation, classes, stops = np.empty(rows), np.empty(rows), np.empty(rows, np.int64)
    deviations(future.instruments, future.closes, int(bars), deviation)
    width = deviation * math.sqrt(span.bars or span.ns / future.interval_ns)
    barriers = np.column_stack([prices * np.exp(up * width), prices * np.exp(-down * width)])
    first_touches(future.instruments, future.sessions, ends, future.ranges, barriers, classes, stops)
    return classes, stops


RULES: Final = (
    Rule("forward_return", "ln(price at the end / price now)", (), _forward_return, classes=False),
    Rule("direction", "sign of the move to the end, 0 inside the band", (("band_bps", 0.0),), _direction),
    Rule("next_tick", "sign of (next bar's open − close)", (), _next_tick, horizon=False),
    Rule("threshold", "1, −1 if the move reaches ± x %, else 0", (("per_cent", 10.0),), _threshold),
    Rule(
        "triple_barrier",
        "1, −1 for the barrier touched first, k deviations √horizon away; 0 if neither is",
        (("up", 1.0), ("down", 1.0), ("bars", 20.0)),
        _triple_barrier,
    ),
)
"""Every label."""

BY_NAME: Final[Mapping[str, Rule]] = {rule.name: rule for rule in RULES}
