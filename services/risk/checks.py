"""Every check, one function each, and the two lists in which they are asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numba

from services.risk.state import RANGES, Desk, Trading
from shared.exact import LARGEST
from shared.kernels import njit
from shared.verdicts import Verdict

Check = Callable[[Desk, Any, Any], int]
OK: Final = 0
HIGHEST: Final = float(LARGEST // 4)
"""No price that rests may be higher, so that no sum of prices leaves 64 bits."""
ON: Final = int(Trading.ON)
NOT_WARM_FLAG, OUTLIER_FLAG, SHADOW_FLAG = 1, 2, 4
HALTED, STALE_DATA, BAD_NUMBER = int(Verdict.HALTED), int(Verdict.STALE_DATA), int(Verdict.BAD_NUMBER)
ORDER_WORKING, NO_PREDICTION = int(Verdict.ORDER_WORKING), int(Verdict.NO_PREDICTION)
NOT_WARM, OUTLIER, OVERFLOW = int(Verdict.NOT_WARM), int(Verdict.OUTLIER), int(Verdict.OVERFLOW)
BELOW_THRESHOLD, NO_RANGE = int(Verdict.BELOW_THRESHOLD), int(Verdict.NO_RANGE)
SIZE_IS_ZERO, CASH_LIMIT = int(Verdict.SIZE_IS_ZERO), int(Verdict.CASH_LIMIT)
POSITION_LIMIT, GROSS_LIMIT = int(Verdict.POSITION_LIMIT), int(Verdict.GROSS_LIMIT)
ORDER_NOTIONAL_LIMIT: Final = int(Verdict.ORDER_NOTIONAL_LIMIT)


@njit
def within(plan: Any, measured: float, limit: float) -> bool:
    """Notes what was measured and its limit; a number that is none is not within."""
    plan.measured, plan.limit = measured, limit
    return measured <= limit


@njit
def trading_is_on(desk: Desk, holding: Any, plan: Any) -> int:
    """The kill switch: halted and unknown are both off."""
    return OK if desk.book[0].trading == ON else HALTED


@njit
def bar_has_come(desk: Desk, holding: Any, plan: Any) -> int:
    """There is a bar of this instrument at this close."""
    return OK if holding.bar_ns == desk.book[0].close_ns else STALE_DATA


@njit
def price_is_usable(desk: Desk, holding: Any, plan: Any) -> int:
    """A close is a positive number of ticks."""
    return OK if within(plan, 1.0, float(holding.close)) else BAD_NUMBER


@njit
def no_order_works(desk: Desk, holding: Any, plan: Any) -> int:
    """One order of an instrument at a time."""
    working = float(holding.entry_left) + (1.0 if holding.exit_id != 0 else 0.0)
    return OK if within(plan, working, 0.0) else ORDER_WORKING


@njit
def prediction_has_come(desk: Desk, holding: Any, plan: Any) -> int:
    """There is a prediction for this close, and it is meant to be traded."""
    if holding.prediction_ns != desk.book[0].close_ns or holding.notes & SHADOW_FLAG:
        return NO_PREDICTION
    return OK


@njit
def prediction_is_warm(desk: Desk, holding: Any, plan: Any) -> int:
    """Every feature has seen its history."""
    return NOT_WARM if holding.notes & NOT_WARM_FLAG else OK


@njit
def prediction_is_familiar(desk: Desk, holding: Any, plan: Any) -> int:
    """The model has seen the like before."""
    return OUTLIER if holding.notes & OUTLIER_FLAG else OK


@njit
def probabilities_are_numbers(desk: Desk, holding: Any, plan: Any) -> int:
    """Both are between nought and one."""
    sell, buy = holding.p_sell, holding.p_buy
    return OK if 0.0 <= sell <= 1.0 and 0.0 <= buy <= 1.0 and sell + buy <= 1.0 + 1e-6 else BAD_NUMBER


@njit
def probability_is_enough(desk: Desk, holding: Any, plan: Any) -> int:
    """A side is wanted, and strongly enough."""
    plan.measured, plan.limit = plan.probability, plan.threshold
    return OK if plan.side != 0 and plan.probability >= plan.threshold else BELOW_THRESHOLD


@njit
def ranges_are_warm(desk: Desk, holding: Any, plan: Any) -> int:
    """The average true range has all its bars."""
    return OK if within(plan, float(RANGES), float(holding.bars)) else NOT_WARM


@njit
def stop_can_be_placed(desk: Desk, holding: Any, plan: Any) -> int:
    """Stop and target are at least a tick away, and are prices that can rest at a venue."""
    nearest = min(plan.distance, min(plan.stop, plan.target))
    if not within(plan, 1.0, float(nearest)):
        return NO_RANGE
    return OK if within(plan, float(max(plan.stop, plan.target)), HIGHEST) else NO_RANGE


@njit
def cash_is_known(desk: Desk, holding: Any, plan: Any) -> int:
    """Cash, equity and gross exposure all fit the money type."""
    book = desk.book[0]
    return OK if book.cash_is_known == 1 and book.equity_is_known == 1 else OVERFLOW


@njit
def marks_are_fresh(desk: Desk, holding: Any, plan: Any) -> int:
    """Everything held has a price young enough to count as equity."""
    return OK if desk.book[0].marks_are_fresh == 1 else STALE_DATA


@njit
def equity_is_enough(desk: Desk, holding: Any, plan: Any) -> int:
    """The book still has the share of its starting cash that it needs."""
    policy = desk.policy[0]
    least = policy.min_equity * float(policy.starting_cash)
    return OK if within(plan, least, float(desk.book[0].equity)) else CASH_LIMIT


@njit
def amount_fits(desk: Desk, holding: Any, plan: Any) -> int:
    """One lot, the order and both legs of its bracket have a value that fits the money type."""
    return OK if plan.notional >= 0 else OVERFLOW


@njit
def size_is_a_lot(desk: Desk, holding: Any, plan: Any) -> int:
    """The risk budget buys something."""
    return OK if within(plan, 1.0, float(plan.quantity)) else SIZE_IS_ZERO


@njit
def position_has_room(desk: Desk, holding: Any, plan: Any) -> int:
    """The position stays within its share of equity."""
    room = desk.policy[0].max_position * float(desk.book[0].equity)
    return OK if within(plan, float(plan.notional), room) else POSITION_LIMIT


@njit
def gross_has_room(desk: Desk, holding: Any, plan: Any) -> int:
    """All positions and working entries together stay within their multiple of equity."""
    room = desk.policy[0].max_gross * float(desk.book[0].equity)
    return OK if within(plan, float(desk.book[0].gross) + float(plan.notional), room) else GROSS_LIMIT


@njit
def order_is_small(desk: Desk, holding: Any, plan: Any) -> int:
    """No single order is larger than any may be."""
    return (
        OK
        if within(plan, float(plan.notional), float(desk.policy[0].max_order_notional))
        else ORDER_NOTIONAL_LIMIT
    )


AT_EVERY_CLOSE: Final = (
    trading_is_on,
    bar_has_come,
    price_is_usable,
    no_order_works,
    prediction_has_come,
    prediction_is_warm,
    prediction_is_familiar,
    probabilities_are_numbers,
)
BEFORE_SIZING: Final = (
    probability_is_enough,
    ranges_are_warm,
    stop_can_be_placed,
    cash_is_known,
    marks_are_fresh,
    equity_is_enough,
)
BEFORE_ENTRY: Final = (amount_fits, size_is_a_lot, position_has_room, gross_has_room, order_is_small)


def chain(checks: tuple[Check, ...]) -> Check:
    """One jitted function: the first verdict that is not OK."""
    first, rest = checks[0], checks[1:]
    if not rest:
        return first
    following = chain(rest)

    @numba.njit(error_model="numpy")
    def ask(desk: Desk, holding: Any, plan: Any) -> int:
        verdict = first(desk, holding, plan)
        return verdict if verdict != OK else following(desk, holding, plan)

    return ask


refusal_at_close: Final = chain(AT_EVERY_CLOSE)
refusal_before_sizing: Final = chain(BEFORE_SIZING)
refusal_before_entry: Final = chain(BEFORE_ENTRY)
