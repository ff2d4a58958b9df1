"""How much: what the risk budget buys, cut down to the room that the limits leave."""

from __future__ import annotations

import math
from typing import Any, Final

from services.risk.state import Desk
from shared.exact import value
from shared.kernels import njit

MOST_LOTS: Final = 1 << 52
BUYS_NOTHING, NO_POSITION_ROOM, NO_GROSS_ROOM, TOO_LARGE = 0, 1, 2, 3


@njit
def whole_lots(budget: float, price_of_one: float) -> int:
    """How many whole lots a budget pays for; none if that cannot be said."""
    if not (math.isfinite(budget) and math.isfinite(price_of_one)) or price_of_one <= 0.0 or budget <= 0.0:
        return 0
    return int(min(math.floor(budget / price_of_one), float(MOST_LOTS)))


@njit
def unit_value(price: int, holding: Any) -> float:
    """What one lot is worth at a price, in millionths, before rounding."""
    return float(price) * float(holding.numerator) / float(holding.denominator)


@njit
def lots_at_risk(desk: Desk, holding: Any, distance: int) -> int:
    """Lots whose loss at the stop is the share of equity that one trade may lose."""
    budget = desk.policy[0].risk_per_trade * float(desk.book[0].equity)
    return whole_lots(budget, unit_value(distance, holding))


@njit
def lots_with_room(desk: Desk, holding: Any, price: int) -> int:
    """Lots that fit under the position, gross and single-order limits."""
    book, policy = desk.book[0], desk.policy[0]
    one, equity = unit_value(price, holding), float(book.equity)
    position = whole_lots(policy.max_position * equity, one)
    gross = whole_lots(policy.max_gross * equity - float(book.gross), one)
    return min(position, min(gross, whole_lots(float(policy.max_order_notional), one)))


@njit
def size(desk: Desk, holding: Any, plan: Any) -> None:
    """Sets quantity and notional; where limits leave no lot, one is measured so that the limit is named."""
    wanted = lots_at_risk(desk, holding, plan.distance)
    plan.quantity = min(wanted, lots_with_room(desk, holding, plan.price))
    if wanted >= 1:
        plan.quantity = max(plan.quantity, 1)
    notional, fits = value(plan.price, plan.quantity, holding.numerator, holding.denominator)
    plan.notional = notional if fits and bracket_fits(holding, plan) else -1


@njit
def bracket_fits(holding: Any, plan: Any) -> bool:
    """Whether stop and target can trade the whole quantity: what cannot be protected is not begun."""
    farther = max(plan.stop, plan.target)
    return value(farther, plan.quantity, holding.numerator, holding.denominator)[1]
