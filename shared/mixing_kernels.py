"""Random bits that are a function of where they are drawn: a state and a value, mixed."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from shared.kernels import njit

GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_A: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B: Final = np.uint64(0x94D049BB133111EB)
_S30: Final = np.uint64(30)
_S27: Final = np.uint64(27)
_S31: Final = np.uint64(31)


@njit
def mixed(state: Any, value: Any) -> Any:
    """One round of splitmix64 over a value."""
    z = (state ^ value) + GOLDEN
    z = (z ^ (z >> _S30)) * _MIX_A
    z = (z ^ (z >> _S27)) * _MIX_B
    return z ^ (z >> _S31)
