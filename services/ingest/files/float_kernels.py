"""Doubles as whole steps, with the proof that nothing was rounded.

A decimal x that is k steps of units / 10**d is stored as the double nearest to it, and so is the quotient of
the exact integers k * units and 10**d: division is rounded correctly. The double equals that quotient if and
only if it is the one nearest to a whole number of steps.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from shared.kernels import njit

Array = npt.NDArray[Any]

POWERS: Final = np.array([10.0**n for n in range(19)])
SURE: Final = 9_007_199_254_740_992.0
"""Above 2**53 a double no longer holds every whole number."""


@njit
def float_steps(values: Array, mask: Array, units: int, power: float, whole: Array) -> int:
    """Fills the steps of all values (of those in a mask that is not empty); how many are not exactly so."""
    odd = 0
    every = mask.shape[0] == 0
    scale = power / float(units)
    for i in range(values.shape[0]):
        if every or mask[i]:
            value = values[i]
            steps = np.rint(value * scale)
            product = steps * float(units)
            if not (abs(product) < SURE and product / power == value):
                odd += 1
            whole[i] = np.int64(steps) if abs(steps) < SURE else 0
    return odd
