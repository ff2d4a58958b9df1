"""A split at the exchange: every order of before it means the same afterwards, in new lots and prices."""

from __future__ import annotations

from typing import Any

from services.venue.floor import DONE, NONE, UNLIMITED, Floor
from services.venue.trading import CANCELLED, ENTRY, STOP, TARGET, end_leg, settle, tell
from shared.actions import PRICES, ActionRow, split_lots, split_price
from shared.orders import Action as Asked
from shared.orders import Reason

NOTHING_TO_TAKE = int(Reason.NOTHING_TO_TAKE)
TOUCH = ("sell_from", "sell_to", "buy_from", "buy_to")
LOTS = ("quantity", "filled", "left", "held", "stop_filled", "target_filled")


def split_market(floor: Floor, slot: int, row: ActionRow) -> None:
    """Carries the touch and the orders that were sent before the split over it."""
    market = floor.markets[slot]
    for name in TOUCH:
        market[name] = split_price(int(market[name]), row.numerator, row.denominator)
    for name in ("sell_left", "buy_left"):
        if int(market[name]) != UNLIMITED:
            market[name] = split_lots(int(market[name]), row.numerator, row.denominator).lots
    floor.venue[0].now_ns = row.time_ns
    place = int(market.first)
    while place != NONE:
        order = floor.orders[place]
        if order.stage != DONE and order.event_time_ns < row.time_ns:
            split_order(floor, order, row)
        place = int(order.after)


def split_order(floor: Floor, order: Any, row: ActionRow) -> None:
    """One order and its bracket; what is less than a lot is cancelled."""
    left, held = int(order.left), int(order.held)
    for name in PRICES:
        order[name] = split_price(int(order[name]), row.numerator, row.denominator)
    for name in LOTS:
        order[name] = split_lots(int(order[name]), row.numerator, row.denominator).lots
    if order.action != int(Asked.PLACE):
        return
    if left and not order.left:
        tell(floor, order, ENTRY, CANCELLED, NOTHING_TO_TAKE)
    if held and not order.held:
        end_leg(floor, order, STOP, CANCELLED, NOTHING_TO_TAKE)
        end_leg(floor, order, TARGET, CANCELLED, NOTHING_TO_TAKE)
    if left or held:
        settle(order)
