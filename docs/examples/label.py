"""A label: whether the price turns back."""

from __future__ import annotations

import numpy as np

from research.dataset.spans import Span
from research.labels.rules import Floats, Future, Rule, Whole, in_session


def turns(
    future: Future, ends: Whole, prices: Floats, span: Span, values: tuple[float, ...]
) -> tuple[Floats, Whole]:
    """1 if the move to the end goes against the bar's own, −1 if it goes on, 0 if either is none."""
    own, later = prices - future.ranges[:, 0], prices[ends] - prices
    return -np.sign(own) * np.sign(later), in_session(future, ends)


TURNS = Rule("turns", "1 if the move to the end is against (close − open), −1 if with it", (), turns)
