"""Windows over a feature's own series: a ring in its state, with the sums that belong to it.

The ring fills from its front, so that at every wrap its places are in order of time: then the sums are taken
anew.
"""

from __future__ import annotations

from services.features.row import Row
from services.features.windows import PAIR, add_pair
from shared.kernels import part


@part
def ring_sum(m: Row, at: int, length: int, value: float) -> float:
    """The sum of the last values given, this one among them; keeps length + 2 places."""
    place = int(m[at])
    total = m[at + 1] + value - m[at + 2 + place]
    m[at + 2 + place] = value
    place += 1
    if place == length:
        place, total = 0, 0.0
        for k in range(length):
            total += m[at + 2 + k]
    m[at] = place
    m[at + 1] = total
    return total


@part
def ring_weighted(m: Row, at: int, length: int, value: float) -> float:
    """The mean of the last values, weighted 1 … length, the newest heaviest; keeps length + 3 places."""
    place, before = int(m[at]), m[at + 1]
    total = before + value - m[at + 3 + place]
    weighted = m[at + 2] + length * value - before
    m[at + 3 + place] = value
    place += 1
    if place == length:
        place, total, weighted = 0, 0.0, 0.0
        for k in range(length):
            total += m[at + 3 + k]
            weighted += (k + 1) * m[at + 3 + k]
    m[at] = place
    m[at + 1] = total
    m[at + 2] = weighted
    return weighted / (0.5 * length * (length + 1))


@part
def delayed(m: Row, at: int, length: int, value: float) -> float:
    """The value given so many calls ago; keeps length + 1 places."""
    place = int(m[at])
    old = m[at + 1 + place]
    m[at + 1 + place] = value
    m[at] = place + 1 if place + 1 < length else 0
    return old


@part
def ring_place(m: Row, at: int, length: int, value: float) -> float:
    """Where a value lies between the lowest (0) and the highest (1) of the last; keeps length + 2 places.

    Looks at the whole ring; 0.5 if nothing moved.
    """
    place, count = int(m[at]), min(m[at + 1] + 1.0, float(length))
    m[at + 2 + place] = value
    m[at] = place + 1 if place + 1 < length else 0
    m[at + 1] = count
    low = high = value
    for k in range(int(count)):
        low = min(low, m[at + 2 + k])
        high = max(high, m[at + 2 + k])
    return (value - low) / (high - low) if high > low else 0.5


@part
def ring_pair(m: Row, at: int, length: int, x: float, y: float) -> None:
    """Sums of the last pairs given, as `window_pair` keeps them; keeps 2 length + `PAIR` places."""
    place = int(m[at])
    here = at + PAIR + 2 * place
    add_pair(m, at, m[here], m[here + 1], -1.0)
    add_pair(m, at, x, y, 1.0)
    m[here], m[here + 1] = x, y
    place += 1
    if place == length:
        place = 0
        for k in range(1, PAIR):
            m[at + k] = 0.0
        for k in range(length):
            add_pair(m, at, m[at + PAIR + 2 * k], m[at + PAIR + 2 * k + 1], 1.0)
    m[at] = place
