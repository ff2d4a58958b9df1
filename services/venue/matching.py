"""How one order meets one point of the market: legs first, then itself, so that no leg sees its entry."""

from __future__ import annotations

from typing import Any, Final

from services.venue.floor import DONE, LIVE, NONE, PENDING, TRIGGERED, WORKING, Floor
from services.venue.trading import (
    CANCELLED,
    ENTRY,
    MADE,
    OTHER_LEG,
    STOP,
    TARGET,
    TOOK,
    available,
    end_entry,
    end_leg,
    execute,
    settle,
    slipped,
)
from shared.kernels import njit
from shared.orders import Kind

AT_MARKET, AT_STOPS, AT_LIMITS = 1, 2, 4
EVERYTHING: Final = AT_MARKET | AT_STOPS | AT_LIMITS
LIMIT_KIND, STOP_KIND = int(Kind.LIMIT), int(Kind.STOP)


@njit
def reached(market: Any, side: int) -> int:
    """The price for this side at the end of the step that the market made; 0 if there is none."""
    return market.buy_to if side > 0 else market.sell_to


@njit
def began(market: Any, side: int) -> int:
    """The price for this side where the market's step began: where a gap is filled."""
    return market.buy_from if side > 0 else market.sell_from


@njit
def stop_is_hit(market: Any, side: int, stop: int) -> bool:
    """Whether the market went to a stop or through it."""
    now = reached(market, side)
    return now > 0 and side * (now - stop) >= 0


@njit
def stop_price(market: Any, side: int, stop: int) -> int:
    """A stop trades at its level, or at the worse price where the market jumped over it."""
    gap = began(market, side)
    return max(stop, gap) if side > 0 else min(stop, gap)


@njit
def limit_is_hit(market: Any, side: int, limit: int) -> bool:
    """Whether the market offers a limit's price or a better one."""
    now = reached(market, side)
    return now > 0 and side * (limit - now) >= 0


@njit
def work_stop_leg(floor: Floor, market: Any, order: Any, phases: int) -> None:
    """A protective stop ends its target and what is left of its entry, then trades at any price."""
    side = -order.side
    if order.stop_state == TRIGGERED:
        if phases & AT_MARKET and reached(market, side) > 0:
            execute(floor, market, order, STOP, slipped(floor, side, reached(market, side)), TOOK)
        return
    if not phases & AT_STOPS or not stop_is_hit(market, side, order.bracket_stop):
        return
    order.stop_state = TRIGGERED
    end_entry(floor, order, CANCELLED, OTHER_LEG)
    end_leg(floor, order, TARGET, CANCELLED, OTHER_LEG)
    price = stop_price(market, side, order.bracket_stop)
    execute(floor, market, order, STOP, slipped(floor, side, price), TOOK)


@njit
def work_target_leg(floor: Floor, market: Any, order: Any, phases: int) -> None:
    """A target is a resting limit: it trades at its own price."""
    side = -order.side
    if not phases & AT_LIMITS or not limit_is_hit(market, side, order.bracket_target):
        return
    if available(market, side, order.held) > 0:
        end_entry(floor, order, CANCELLED, OTHER_LEG)
        execute(floor, market, order, TARGET, order.bracket_target, MADE)


@njit
def work_entry(floor: Floor, market: Any, order: Any, phases: int) -> None:
    """The order itself, by its kind."""
    side = order.side
    if order.kind == LIMIT_KIND:
        if phases & AT_LIMITS and limit_is_hit(market, side, order.limit_price):
            work_limit(floor, market, order)
        return
    if order.kind == STOP_KIND and order.triggered == 0:
        if phases & AT_STOPS and stop_is_hit(market, side, order.stop_price):
            order.triggered = 1
            price = stop_price(market, side, order.stop_price)
            execute(floor, market, order, ENTRY, slipped(floor, side, price), TOOK)
        return
    if phases & AT_MARKET and reached(market, side) > 0:
        execute(floor, market, order, ENTRY, slipped(floor, side, reached(market, side)), TOOK)


@njit
def work_limit(floor: Floor, market: Any, order: Any) -> None:
    """A limit takes the better price when it arrives, and makes its own once it rests."""
    if order.rested == 0:
        execute(floor, market, order, ENTRY, reached(market, order.side), TOOK)
    else:
        execute(floor, market, order, ENTRY, order.limit_price, MADE)


@njit
def visit(floor: Floor, market: Any, order: Any, phases: int) -> None:
    """Shows an order one point of the market; legs that wake here act from the next point on."""
    if order.held > 0 and order.stop_state in (LIVE, TRIGGERED):
        work_stop_leg(floor, market, order, phases)
    if order.held > 0 and order.target_state == LIVE and order.stop_state != TRIGGERED:
        work_target_leg(floor, market, order, phases)
    if order.left > 0:
        work_entry(floor, market, order, phases)


@njit
def work(floor: Floor, market: Any, phases: int) -> None:
    """Shows the market to every working order, in the order of their arrival."""
    before, place = NONE, market.first
    while place != NONE:
        order = floor.orders[place]
        after = order.after
        if order.stage == WORKING:
            visit(floor, market, order, phases)
            settle(order)
        if order.stage == DONE:
            unlink(floor, market, before, place)
        else:
            before = place
        if order.stage == PENDING:
            return
        place = after


@njit
def unlink(floor: Floor, market: Any, before: int, place: int) -> None:
    """Gives a done order's place back."""
    venue, order = floor.venue[0], floor.orders[place]
    if before == NONE:
        market.first = order.after
    else:
        floor.orders[before].after = order.after
    if market.last == place:
        market.last = before
    market.listed -= 1
    market.working -= 1
    order.after = venue.free
    venue.free = place
