"""Candle patterns: shapes of one to three bars, measured against the usual size of the ten bars before."""

from __future__ import annotations

from typing import Final

from services.features.registry import Feature, Update
from services.features.row import CLOSE, HIGH, LOW, OPEN, Op, Row, ago
from shared.kernels import part, step

USUAL: Final = 10
NEAR: Final = 5
STRONG: Final = 100.0
WEAK: Final = 80.0


@part
def size(m: Row, i: int) -> float:
    """The body of a bar."""
    return abs(m[i + CLOSE] - m[i + OPEN])


@part
def colour(m: Row, i: int) -> float:
    """1 if a bar did not fall, else −1."""
    return 1.0 if m[i + CLOSE] >= m[i + OPEN] else -1.0


@part
def top(m: Row, i: int) -> float:
    """The upper end of a body."""
    return max(m[i + CLOSE], m[i + OPEN])


@part
def bottom(m: Row, i: int) -> float:
    """The lower end of a body."""
    return min(m[i + CLOSE], m[i + OPEN])


@part
def usual_body(m: Row, op: Op, back: int) -> float:
    """The mean body of the bars before one."""
    total = 0.0
    for k in range(back + 1, back + 1 + USUAL):
        total += size(m, ago(m, op, k))
    return total / USUAL


@part
def usual_range(m: Row, op: Op, back: int, length: int) -> float:
    """The mean range of the bars before one."""
    total = 0.0
    for k in range(back + 1, back + 1 + length):
        i = ago(m, op, k)
        total += m[i + HIGH] - m[i + LOW]
    return total / length


@step
def doji(m: Row, op: Op) -> None:
    """Hardly any body."""
    m[op.out] = STRONG if size(m, ago(m, op, 0)) <= 0.1 * usual_range(m, op, 0, USUAL) else 0.0


@step
def engulfing(m: Row, op: Op) -> None:
    """A body that covers the one before, of the other colour."""
    i, j = ago(m, op, 0), ago(m, op, 1)
    covers = top(m, i) >= top(m, j) and bottom(m, i) <= bottom(m, j) and size(m, i) > size(m, j)
    m[op.out] = 0.0
    if covers and colour(m, i) != colour(m, j):
        apart = m[i + OPEN] != m[j + CLOSE] and m[i + CLOSE] != m[j + OPEN]
        m[op.out] = colour(m, i) * (STRONG if apart else WEAK)


@step
def harami(m: Row, op: Op) -> None:
    """A short body within the long one before."""
    i, j = ago(m, op, 0), ago(m, op, 1)
    m[op.out] = 0.0
    sized = size(m, j) > usual_body(m, op, 1) and size(m, i) <= usual_body(m, op, 0)
    if sized and top(m, i) <= top(m, j) and bottom(m, i) >= bottom(m, j):
        apart = top(m, i) < top(m, j) and bottom(m, i) > bottom(m, j)
        m[op.out] = -colour(m, j) * (STRONG if apart else WEAK)


@step
def hammer(m: Row, op: Op) -> None:
    """A short body on a long lower shadow, near or below the low before."""
    i, j = ago(m, op, 0), ago(m, op, 1)
    shape = size(m, i) < usual_body(m, op, 0) and bottom(m, i) - m[i + LOW] > size(m, i)
    bald = m[i + HIGH] - top(m, i) < 0.1 * usual_range(m, op, 0, USUAL)
    low = bottom(m, i) <= m[j + LOW] + 0.2 * usual_range(m, op, 1, NEAR)
    m[op.out] = STRONG if shape and bald and low else 0.0


@step
def shooting_star(m: Row, op: Op) -> None:
    """A short body under a long upper shadow, above the body before."""
    i, j = ago(m, op, 0), ago(m, op, 1)
    shape = size(m, i) < usual_body(m, op, 0) and m[i + HIGH] - top(m, i) > size(m, i)
    bald = bottom(m, i) - m[i + LOW] < 0.1 * usual_range(m, op, 0, USUAL)
    m[op.out] = -STRONG if shape and bald and bottom(m, i) > top(m, j) else 0.0


@step
def morning_star(m: Row, op: Op) -> None:
    """A long fall, a short body below it, and a rise deep into the fall."""
    i, j, k = ago(m, op, 0), ago(m, op, 1), ago(m, op, 2)
    fall = size(m, k) > usual_body(m, op, 2) and colour(m, k) < 0.0
    pause = size(m, j) <= usual_body(m, op, 1) and top(m, j) < bottom(m, k)
    rise = size(m, i) > usual_body(m, op, 0) and colour(m, i) > 0.0
    deep = m[i + CLOSE] > m[k + CLOSE] + 0.3 * size(m, k)
    m[op.out] = STRONG if fall and pause and rise and deep else 0.0


@step
def white_soldiers(m: Row, op: Op) -> None:
    """Three rises in a row, each opening in the body before and closing near its high."""
    holds = size(m, ago(m, op, 0)) > usual_body(m, op, 0)
    for back in range(3):
        i = ago(m, op, back)
        bald = m[i + HIGH] - m[i + CLOSE] < 0.1 * usual_range(m, op, back, USUAL)
        holds = holds and colour(m, i) > 0.0 and bald
    for back in range(2):
        i, j, usual = ago(m, op, back), ago(m, op, back + 1), usual_range(m, op, back + 1, NEAR)
        within = m[i + OPEN] > m[j + OPEN] and m[i + OPEN] <= m[j + CLOSE] + 0.2 * usual
        holds = holds and m[i + CLOSE] > m[j + CLOSE] and within and size(m, i) > size(m, j) - 0.6 * usual
    m[op.out] = STRONG if holds else 0.0


def _pattern(name: str, update: Update, bars: int, formula: str) -> Feature:
    """A pattern of so many bars."""
    return Feature(
        name=name,
        update=update,
        unit="100, 80, 0, −80 or −100",
        formula=formula,
        warm=lambda: bars + USUAL,
        reach=lambda: bars + USUAL,
    )


FEATURES: Final = (
    _pattern("doji", doji, 1, "body ≤ 0.1 × mean range of the ten bars before"),
    _pattern(
        "engulfing",
        engulfing,
        2,
        "the body covers the one before, of the other colour; 80 if an end is shared",
    ),
    _pattern("harami", harami, 2, "a short body within the long one before; 80 if an end is shared"),
    _pattern(
        "hammer", hammer, 2, "short body, lower shadow longer than it, no upper one, near the low before"
    ),
    _pattern(
        "shooting_star", shooting_star, 2, "short body, upper shadow longer than it, no lower, after a gap up"
    ),
    _pattern("morning_star", morning_star, 3, "long fall, short body below it, rise over 0.3 of the fall"),
    _pattern(
        "white_soldiers", white_soldiers, 3, "three rises, each from within the body before, near its high"
    ),
)
"""The family's registry."""
