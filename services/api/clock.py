"""The two clocks of an edge."""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class Clock(msgspec.Struct, frozen=True):
    """One that only grows, and the wall's."""

    grows_s: Callable[[], float]
    wall_ns: Callable[[], int]
