"""What a model's inputs and answers looked like when it learnt, and how they used to wander then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from research.dataset.examples import Floats, Rows, Times
from research.drift.bins import ks, psi, shape_of, shares_of
from services.inference.usual import Profile, Usual
from shared.failures import Refused

SLICES: Final = 10
"""Stretches of the training time that are held against the whole of it."""
ANSWERS: Final = ("p(sell)", "p(hold)", "p(buy)")


def profile(names: Sequence[str], values: Floats, probabilities: Floats, times_ns: Times) -> Profile:
    """The profile of rows in time order; the answers are those to rows that were not learnt from."""
    if len(values) < SLICES or len(probabilities) < SLICES:
        raise Refused(f"a profile wants at least {SLICES} rows, found {min(len(values), len(probabilities))}")
    return Profile(
        features=tuple(usual(name, values[:, number]) for number, name in enumerate(names)),
        answers=tuple(usual(name, probabilities[:, number]) for number, name in enumerate(ANSWERS)),
        moments=max(1, len(np.unique(times_ns)) // SLICES),
    )


def usual(name: str, values: Floats) -> Usual:
    """One number of rows in time order.

    A clock, a season or a slow trend makes a short stretch unlike the whole without anything being wrong: how
    unlike the stretches of the training time were is what a later stretch is held against.
    """
    shape = shape_of(values)
    whole = np.array(shape.shares)
    parts: list[Rows] = np.array_split(np.arange(len(values)), SLICES)
    each = [shares_of(values[part], shape.edges) for part in parts]
    return Usual(
        name=name,
        shape=shape,
        psi=max(psi(whole, part) for part in each),
        ks=max(ks(whole, part) for part in each),
    )
