"""Raw and back-adjusted prices: one factor a row, made from corporate actions and raw closes alone."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from shared.actions import Action
from shared.block import Block
from shared.money import MICRO

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SPLITS: Final = frozenset({Action.SPLIT})
ALL: Final = frozenset({Action.SPLIT, Action.CASH_DIVIDEND})


def factors(times: Ints, closes: Floats, actions: Block, kinds: frozenset[Action] = ALL) -> Floats:
    """What each raw price of one instrument is multiplied by to be comparable with the last one.

    Times and raw closes are in time order, closes in the currency. A split counts by its ratio; a dividend by
    its share of the last close before it.
    """
    steps = np.ones(len(times) + 1)
    for row in _rows(actions, kinds):
        time_ns, action, numerator, denominator, amount = row
        place = int(np.searchsorted(times, time_ns, side="left"))
        if place == 0:
            continue
        if action == Action.SPLIT:
            steps[place] *= denominator / numerator
        else:
            steps[place] *= 1.0 - amount / MICRO / closes[place - 1]
    return _after(steps)


def adjusted(prices: Ints, by: Floats) -> Floats:
    """Back-adjusted prices, in price ticks that need not be whole."""
    return prices.astype(np.float64) * by


def raw(prices: Floats, by: Floats) -> Ints:
    """The raw prices of adjusted ones."""
    return np.rint(prices / by).astype(np.int64)


def _rows(actions: Block, kinds: frozenset[Action]) -> list[tuple[Any, ...]]:
    names = ("event_time_ns", "action", "numerator", "denominator", "amount")
    rows = zip(*(actions[name].tolist() for name in names), strict=True)
    return [row for row in rows if row[1] in kinds]


def _after(steps: Floats) -> Floats:
    """For each row the product of the steps that come after it, multiplied from the end."""
    products = np.ones(len(steps))
    for place in range(len(steps) - 1, 0, -1):
        products[place - 1] = products[place] * steps[place]
    return products[: len(steps) - 1]
