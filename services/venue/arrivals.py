"""Orders on their way to the exchange, and what happens when they arrive."""

from __future__ import annotations

from typing import Any, Final

from services.venue.floor import DONE, LIVE, NONE, PENDING, WORKING, Floor
from services.venue.matching import EVERYTHING, LIMIT_KIND, STOP_KIND, visit, work
from services.venue.trading import ACCEPTED, CANCELLED, ENTRY, STOP, TARGET, end_entry, end_leg, settle, tell
from shared.exact import LARGEST, value
from shared.kernels import njit
from shared.orders import Action, Kind, Reason, Status, TimeInForce
from shared.time import END_OF_TAPE

REJECTED: Final = int(Status.REJECTED)
NO_REASON, UNKNOWN_INSTRUMENT = int(Reason.NONE), int(Reason.UNKNOWN_INSTRUMENT)
BAD_QUANTITY, BAD_PRICE = int(Reason.BAD_QUANTITY), int(Reason.BAD_PRICE)
NO_SUCH_ORDER, ASKED = int(Reason.NO_SUCH_ORDER), int(Reason.ASKED)
NOTHING_TO_TAKE, DUPLICATE = int(Reason.NOTHING_TO_TAKE), int(Reason.DUPLICATE)
PLACE, CANCEL = int(Action.PLACE), int(Action.CANCEL)
MARKET_KIND: Final = int(Kind.MARKET)
IMMEDIATE: Final = int(TimeInForce.IMMEDIATE_OR_CANCEL)
NOTHING: Final = 0


@njit
def send(floor: Floor, market: Any, row: Any) -> None:
    """Takes an order row on its way; it arrives after the latency, and never in the past."""
    venue = floor.venue[0]
    latency = floor.terms[0].latency_ns
    place = venue.free
    order = floor.orders[place]
    venue.free = order.after
    copy_order(order, row)
    due = row.event_time_ns + latency if row.event_time_ns < END_OF_TAPE - latency else END_OF_TAPE
    order.effective_ns = max(due, venue.horizon_ns + 1) if venue.horizon_ns < END_OF_TAPE else END_OF_TAPE
    order.after = NONE
    if market.last == NONE:
        market.first = place
    else:
        floor.orders[market.last].after = place
        order.effective_ns = max(order.effective_ns, floor.orders[market.last].effective_ns)
    market.last = place
    market.listed += 1
    market.next_effective_ns = min(market.next_effective_ns, order.effective_ns)
    venue.next_effective_ns = min(venue.next_effective_ns, order.effective_ns)


@njit
def copy_order(order: Any, row: Any) -> None:
    """A fresh entry of the order table from a row of venue_orders."""
    order.stage = PENDING
    order.event_time_ns = row.event_time_ns
    order.instrument = row.instrument
    order.order_id = row.order_id
    order.currency = row.currency
    order.action = row.action
    order.side = row.side
    order.kind = row.kind
    order.tif = row.tif
    order.quantity = row.quantity
    order.limit_price = row.limit_price
    order.stop_price = row.stop_price
    order.bracket_stop = row.bracket_stop
    order.bracket_target = row.bracket_target
    order.closes = row.closes
    order.filled = order.left = order.held = order.triggered = order.rested = order.executions = 0
    order.stop_state = order.stop_filled = order.target_state = order.target_filled = 0


@njit
def activate(floor: Floor, market: Any, until_ns: int) -> None:
    """Every order of this instrument that has arrived by now, in the order of sending."""
    place = market.first
    while place != NONE:
        order = floor.orders[place]
        if order.stage == PENDING:
            if order.effective_ns > until_ns:
                market.next_effective_ns = order.effective_ns
                return
            floor.venue[0].now_ns = order.effective_ns
            order.stage = WORKING
            market.working += 1
            arrive(floor, market, order)
        place = order.after
    market.next_effective_ns = END_OF_TAPE


@njit
def activate_and_clear(floor: Floor, market: Any, until_ns: int) -> None:
    """Activates what has arrived and gives the places of done orders back."""
    activate(floor, market, until_ns)
    work(floor, market, NOTHING)


@njit
def arrive(floor: Floor, market: Any, order: Any) -> None:
    """Does what an order row asks for; what cannot be done is rejected."""
    if order.action != PLACE:
        change(floor, market, order)
        order.stage = DONE
        return
    reason = objection(floor, market, order)
    if reason != NO_REASON:
        tell(floor, order, ENTRY, REJECTED, reason)
        order.stage = DONE
        return
    market.placed_ns, market.placed_id = order.event_time_ns, order.order_id
    order.left = order.quantity
    if order.closes != 0 and not take_over(floor, market, order):
        order.left = 0
        tell(floor, order, ENTRY, CANCELLED, NOTHING_TO_TAKE)
        order.stage = DONE
        return
    tell(floor, order, ENTRY, ACCEPTED, NO_REASON)
    visit(floor, market, order, EVERYTHING)
    order.rested = 1
    if order.tif == IMMEDIATE:
        end_entry(floor, order, CANCELLED, NOTHING_TO_TAKE)
    settle(order)


@njit
def objection(floor: Floor, market: Any, order: Any) -> int:
    """The first reason to reject a new order."""
    if market.instrument != order.instrument:
        return UNKNOWN_INSTRUMENT
    if order.event_time_ns < market.placed_ns:
        return DUPLICATE
    if order.event_time_ns == market.placed_ns and order.order_id <= market.placed_id:
        return DUPLICATE
    if order.side not in (1, -1) or (
        order.closes == 0 and not 0 < order.quantity <= floor.terms[0].most_lots
    ):
        return BAD_QUANTITY
    if order.kind not in (MARKET_KIND, LIMIT_KIND, STOP_KIND):
        return BAD_PRICE
    if (order.kind == LIMIT_KIND and order.limit_price <= 0) or (
        order.kind == STOP_KIND and order.stop_price <= 0
    ):
        return BAD_PRICE
    return bracket_objection(market, order)


@njit
def bracket_objection(market: Any, order: Any) -> int:
    """A bracket's stop lies on the losing side of its target, and both can trade all that they protect."""
    stop, target = order.bracket_stop, order.bracket_target
    if min(stop, target) < 0 or max(stop, target) > LARGEST // 4:
        return BAD_PRICE
    if stop > 0 and target > 0 and order.side * (target - stop) <= 0:
        return BAD_PRICE
    fits = value(max(stop, target), order.quantity, market.numerator, market.denominator)[1]
    return NO_REASON if fits else BAD_PRICE


@njit
def find(floor: Floor, market: Any, order_id: int) -> int:
    """The place of a working order, or nowhere."""
    place = market.first
    while place != NONE:
        order = floor.orders[place]
        if order.order_id == order_id and order.stage == WORKING and order.action == PLACE:
            return place
        place = order.after
    return NONE


@njit
def take_over(floor: Floor, market: Any, order: Any) -> bool:
    """An order that closes an entry ends that entry and its legs, and trades what it held."""
    place = find(floor, market, order.closes)
    if place == NONE:
        return False
    entry = floor.orders[place]
    if order.side != -entry.side:
        return False
    order.left = order.quantity = entry.held
    end_entry(floor, entry, CANCELLED, ASKED)
    entry.held = 0
    end_leg(floor, entry, STOP, CANCELLED, ASKED)
    end_leg(floor, entry, TARGET, CANCELLED, ASKED)
    settle(entry)
    return order.left > 0


@njit
def change(floor: Floor, market: Any, order: Any) -> None:
    """Cancels what is left of an entry, or tightens its bracket's stop."""
    place = find(floor, market, order.order_id)
    if place == NONE:
        tell(floor, order, ENTRY, REJECTED, NO_SUCH_ORDER)
        return
    entry = floor.orders[place]
    if order.action == CANCEL:
        end_entry(floor, entry, CANCELLED, ASKED)
        settle(entry)
    elif entry.stop_state <= LIVE and entry.bracket_stop > 0:
        entry.bracket_stop = tightened(entry.side, entry.bracket_stop, order.stop_price)


@njit
def tightened(side: int, stop: int, proposed: int) -> int:
    """A stop only ever moves in favour of the position that it protects."""
    if proposed <= 0:
        return stop
    return max(stop, proposed) if side > 0 else min(stop, proposed)
