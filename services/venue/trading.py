"""One execution: what it costs, what it leaves, and the reports that tell of it."""

from __future__ import annotations

from typing import Any, Final

from services.venue.floor import DONE, LIVE, OVER, QUIET, TRIGGERED, UNLIMITED, Floor
from shared.exact import LARGEST, derive3, fits_sum, scaled, value
from shared.kernels import njit
from shared.orders import Leg, Liquidity, Reason, Status

ENTRY, STOP, TARGET = int(Leg.ENTRY), int(Leg.STOP), int(Leg.TARGET)
ACCEPTED, PARTLY, FILLED = int(Status.ACCEPTED), int(Status.PARTIALLY_FILLED), int(Status.FILLED)
CANCELLED: Final = int(Status.CANCELLED)
TOOK, MADE = int(Liquidity.TOOK), int(Liquidity.MADE)
BAD_PRICE: Final = int(Reason.BAD_PRICE)
OTHER_LEG: Final = int(Reason.OTHER_LEG_FILLED)
PPM: Final = 1_000_000


@njit
def filled_of(order: Any, leg: int) -> int:
    """Lots filled so far on a leg."""
    if leg == ENTRY:
        return order.filled
    return order.stop_filled if leg == STOP else order.target_filled


@njit
def left_of(order: Any, leg: int) -> int:
    """Lots still working on a leg: a bracket's legs work for what the entry holds."""
    if leg == ENTRY:
        return order.left
    return order.held if rests(order.stop_state if leg == STOP else order.target_state) else 0


@njit
def side_of(order: Any, leg: int) -> int:
    """A leg ends what its entry began."""
    return order.side if leg == ENTRY else -order.side


@njit
def tell(floor: Floor, order: Any, leg: int, status: int, reason: int) -> Any:
    """Writes a report in which nothing traded."""
    venue = floor.venue[0]
    row = floor.reports[venue.told]
    venue.told += 1
    row.event_time_ns = venue.now_ns
    row.account = venue.account
    row.currency = order.currency
    row.instrument = order.instrument
    row.order_id = order.order_id
    row.leg = leg
    row.status = status
    row.exec_id = 0
    row.side = side_of(order, leg)
    row.quantity = 0
    row.price = 0
    row.fee = 0
    row.filled = filled_of(order, leg)
    row.left = left_of(order, leg)
    row.liquidity = 0
    row.reason = reason
    return row


@njit
def fee_of(floor: Floor, notional: int, lots: int) -> tuple[int, bool]:
    """Commission on an execution; False if it does not fit the money type."""
    terms = floor.terms[0]
    by_lot, lots_fit = value(terms.per_lot, lots, 1, 1)
    by_value, value_fits = scaled(notional, terms.fee_ppm, 1, PPM)
    if not (lots_fit and value_fits and fits_sum(by_lot, by_value)):
        return 0, False
    return by_lot + by_value, True


@njit
def slipped(floor: Floor, side: int, price: int) -> int:
    """The price that an impatient order gets: worse by the slippage, and never below one tick."""
    terms = floor.terms[0]
    worse, fits = scaled(price, terms.slippage_ppm, 1, PPM)
    if not fits or price > LARGEST // 4:
        return price
    if terms.slippage_ppm > 0 and worse * PPM < price * terms.slippage_ppm:
        worse += 1
    return max(price + side * (terms.slippage + worse), 1)


@njit
def available(market: Any, side: int, lots: int) -> int:
    """How many of these lots the touch still has for us."""
    return min(lots, market.buy_left if side > 0 else market.sell_left)


@njit
def use_up(market: Any, side: int, lots: int) -> None:
    """Takes lots off the touch, unless it is without limit."""
    if side > 0 and market.buy_left != UNLIMITED:
        market.buy_left -= lots
    elif side < 0 and market.sell_left != UNLIMITED:
        market.sell_left -= lots


@njit
def payable(floor: Floor, market: Any, price: int, lots: int) -> tuple[int, int]:
    """How many of these lots have an amount and a fee that fit the money type, and that fee."""
    while lots > 0:
        notional, fits = value(price, lots, market.numerator, market.denominator)
        fee, fee_fits = fee_of(floor, notional, lots)
        if fits and fee_fits:
            return lots, fee
        lots //= 2
    return 0, 0


@njit
def reduces(order: Any, leg: int) -> bool:
    """Whether an execution makes a position smaller: such a leg goes on with what it can trade."""
    return leg != ENTRY or order.closes != 0


@njit
def execute(floor: Floor, market: Any, order: Any, leg: int, price: int, liquidity: int) -> None:
    """Trades as much of a leg as the touch has; an amount that does not fit never leaves lots unprotected."""
    side = side_of(order, leg)
    wanted = available(market, side, left_of(order, leg))
    if wanted <= 0:
        return
    lots, fee = payable(floor, market, price, wanted)
    if lots < wanted and not reduces(order, leg):
        end_entry(floor, order, CANCELLED, BAD_PRICE)
        return
    if lots == 0:
        return
    use_up(market, side, lots)
    book_lots(order, leg, lots)
    order.executions += 1
    row = tell(floor, order, leg, FILLED if left_of(order, leg) == 0 else PARTLY, 0)
    row.exec_id = derive3(order.order_id, leg, order.executions)
    row.quantity = lots
    row.price = price
    row.fee = fee
    row.liquidity = liquidity
    if leg == ENTRY:
        rest_bracket(floor, order)
    else:
        over_if_flat(floor, order, leg)


@njit
def book_lots(order: Any, leg: int, lots: int) -> None:
    """Moves lots from working to filled; an entry with a bracket holds them for its legs."""
    if leg == ENTRY:
        order.filled += lots
        order.left -= lots
        if order.closes == 0 and (order.bracket_stop > 0 or order.bracket_target > 0):
            order.held += lots
    elif leg == STOP:
        order.stop_filled += lots
        order.held -= lots
    else:
        order.target_filled += lots
        order.held -= lots


@njit
def rest_bracket(floor: Floor, order: Any) -> None:
    """The first lots of an entry wake its legs; they act from the next event on."""
    if order.held > 0 and order.bracket_stop > 0 and order.stop_state == QUIET:
        order.stop_state = LIVE
        tell(floor, order, STOP, ACCEPTED, 0)
    if order.held > 0 and order.bracket_target > 0 and order.target_state == QUIET:
        order.target_state = LIVE
        tell(floor, order, TARGET, ACCEPTED, 0)


@njit
def end_entry(floor: Floor, order: Any, status: int, reason: int) -> None:
    """Ends what is left of an order itself, if anything is."""
    if order.left > 0:
        order.left = 0
        tell(floor, order, ENTRY, status, reason)


@njit
def end_leg(floor: Floor, order: Any, leg: int, status: int, reason: int) -> None:
    """Ends a leg that rests, without a trade."""
    if not rests(order.stop_state if leg == STOP else order.target_state):
        return
    if leg == STOP:
        order.stop_state = OVER
    else:
        order.target_state = OVER
    tell(floor, order, leg, status, reason)


@njit
def over_if_flat(floor: Floor, order: Any, leg: int) -> None:
    """Once the legs have traded all that was held, the one that rests is cancelled."""
    if order.held > 0:
        return
    if leg == STOP:
        order.stop_state = OVER
        end_leg(floor, order, TARGET, CANCELLED, OTHER_LEG)
    else:
        order.target_state = OVER
        end_leg(floor, order, STOP, CANCELLED, OTHER_LEG)


@njit
def rests(state: int) -> bool:
    """Whether a leg still works."""
    return state in (LIVE, TRIGGERED)


@njit
def settle(order: Any) -> None:
    """An order is done when neither it nor a leg of it works."""
    if order.left == 0 and not rests(order.stop_state) and not rests(order.target_state):
        order.stage = DONE
