"""Where the protective stop and the target of an entry lie, in whole ticks and alike for both sides."""

from __future__ import annotations

import math
from typing import Any, Final

from services.risk.state import RANGES, Desk
from shared.kernels import njit

FARTHEST: Final = float(1 << 52)


@njit
def ticks_away(distance: float) -> int:
    """A distance in whole ticks; none if it is no number."""
    if not math.isfinite(distance) or distance < 0.5 or distance > FARTHEST:
        return 0
    return int(math.floor(distance + 0.5))


@njit
def place_bracket(desk: Desk, holding: Any, plan: Any) -> None:
    """The stop some average ranges away, the target that many times farther on the other side."""
    policy = desk.policy[0]
    average_range = float(holding.range_sum) / RANGES
    plan.distance = ticks_away(policy.stop_ranges * average_range)
    gain = ticks_away(policy.reward_ratio * float(plan.distance))
    plan.stop = plan.price - plan.side * plan.distance
    plan.target = plan.price + plan.side * gain if gain > 0 else 0
