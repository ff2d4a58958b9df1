"""Random bits that are a function of where they are drawn: a state and a value, mixed."""

from __future__ import annotations

from typing import Any

from shared.exact import FIRST, GOLDEN, S27, S30, S31, SECOND
from shared.kernels import njit


@njit
def mixed(state: Any, value: Any) -> Any:
    """One round of splitmix64 over a value."""
    z = (state ^ value) + GOLDEN
    z = (z ^ (z >> S30)) * FIRST
    z = (z ^ (z >> S27)) * SECOND
    return z ^ (z >> S31)
