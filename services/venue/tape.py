"""The tape at the exchange: what a tick does to the touch, and to the orders that wait for it."""

from __future__ import annotations

from typing import Any, Final

from services.venue.arrivals import PLACE, activate_and_clear, send
from services.venue.floor import NONE, PENDING, REPORTS_AN_ORDER, UNLIMITED, WORKING, Array, Floor
from services.venue.matching import AT_LIMITS, AT_STOPS, EVERYTHING, work
from services.venue.trading import ENTRY, PPM, STOP, TARGET, end_entry, end_leg, tell
from shared.kernels import njit
from shared.orders import Reason, Status
from shared.time import BEFORE_TAPE, END_OF_TAPE

QUOTE, BAR = 2, 3
EXPIRED: Final = int(Status.EXPIRED)
AT_THE_END: Final = int(Reason.END_OF_TAPE)


@njit
def ours(size: int, ppm: int) -> int:
    """Our share of a displayed size; a tape without sizes has no limit."""
    if size <= 0:
        return UNLIMITED
    return max(size // PPM * ppm + size % PPM * ppm // PPM, 1)


@njit
def jump(market: Any, sell: int, buy: int) -> None:
    """The touch is now elsewhere, with nothing in between."""
    market.sell_from = market.sell_to = sell
    market.buy_from = market.buy_to = buy


@njit
def around(floor: Floor, price: int) -> tuple[int, int]:
    """The touch that a tape without quotes is taken to have."""
    half = floor.terms[0].half_spread
    return max(price - half, 1), price + half


@njit
def take_quote(floor: Floor, market: Any, bid: int, ask: int, bid_size: int, ask_size: int) -> None:
    """A quote is the touch, and shows how much may be traded there."""
    ppm = floor.terms[0].participation_ppm
    market.quoted = 1
    jump(market, bid, ask)
    market.sell_left = ours(bid_size, ppm)
    market.buy_left = ours(ask_size, ppm)


@njit
def take_trade(floor: Floor, market: Any, price: int, size: int) -> None:
    """On a tape without quotes a trade stands for the touch."""
    sell, buy = around(floor, price)
    jump(market, sell, buy)
    market.sell_left = market.buy_left = ours(size, floor.terms[0].participation_ppm)


@njit
def take_bar(floor: Floor, market: Any, prices: tuple[int, int, int, int], size: int) -> None:
    """A bar goes open, both ends with stops before limits, the stops of what has just begun, close."""
    opening, high, low, closing = prices
    take_trade(floor, market, opening, size)
    work(floor, market, EVERYTHING)
    open_sell, open_buy = around(floor, opening)
    jump(market, open_sell, open_buy)
    market.sell_to = around(floor, low)[0]
    market.buy_to = around(floor, high)[1]
    work(floor, market, AT_STOPS)
    market.sell_to = around(floor, high)[0]
    market.buy_to = around(floor, low)[1]
    work(floor, market, AT_LIMITS)
    market.sell_to = around(floor, low)[0]
    market.buy_to = around(floor, high)[1]
    work(floor, market, AT_STOPS)
    close_sell, close_buy = around(floor, closing)
    jump(market, close_sell, close_buy)
    work(floor, market, EVERYTHING)


@njit
def take_ticks(floor: Floor, slots: Array, ticks: tuple[Array, ...], start: int, stop: int) -> int:
    """Works through ticks from `start`; stops early where the page for reports might not be long enough."""
    times, instruments, kinds, bids, asks, bid_sizes, ask_sizes, prices, sizes, opens, highs, lows = ticks
    venue, unlisted = floor.venue[0], len(floor.markets) - 1
    for i in range(start, stop):
        instrument = instruments[i]
        slot = slots[instrument] if 0 <= instrument < len(slots) else unlisted
        if slot == unlisted:
            continue
        market = floor.markets[slot]
        now = times[i]
        if market.listed > 0:
            if venue.told + REPORTS_AN_ORDER * (market.listed + 1) > len(floor.reports):
                return i
            if market.next_effective_ns <= now:
                activate_and_clear(floor, market, now)
            venue.now_ns = now
        venue.last_tick_ns = max(venue.last_tick_ns, now)
        if kinds[i] == BAR:
            take_bar(floor, market, (opens[i], highs[i], lows[i], prices[i]), sizes[i])
            continue
        if kinds[i] == QUOTE or bids[i] > 0 or asks[i] > 0:
            take_quote(floor, market, bids[i], asks[i], bid_sizes[i], ask_sizes[i])
        elif market.quoted == 0 and prices[i] > 0:
            take_trade(floor, market, prices[i], sizes[i])
        else:
            continue
        if market.working > 0:
            work(floor, market, EVERYTHING)
    return stop


@njit
def complete(floor: Floor, horizon_ns: int) -> bool:
    """Orders that arrived while their instrument was silent; False if the page for reports is too short."""
    venue = floor.venue[0]
    if venue.next_effective_ns > horizon_ns and horizon_ns != END_OF_TAPE:
        venue.horizon_ns = max(venue.horizon_ns, horizon_ns)
        return True
    listed = 0
    for market in floor.markets:
        listed += market.listed
    if venue.told + REPORTS_AN_ORDER * (listed + 1) > len(floor.reports):
        return False
    until = horizon_ns if horizon_ns != END_OF_TAPE else end_of_tape(floor)
    following = END_OF_TAPE
    for market in floor.markets:
        if market.next_effective_ns <= until:
            activate_and_clear(floor, market, until)
        following = min(following, market.next_effective_ns)
    venue.next_effective_ns = following
    venue.horizon_ns = max(venue.horizon_ns, horizon_ns)
    if horizon_ns == END_OF_TAPE:
        expire(floor, until)
    return True


@njit
def end_of_tape(floor: Floor) -> int:
    """The close that would have come next: the moment at which what still works expires."""
    venue, terms = floor.venue[0], floor.terms[0]
    last = venue.last_tick_ns
    if last == BEFORE_TAPE:
        return BEFORE_TAPE
    return terms.origin_ns + ((last - terms.origin_ns) // terms.interval_ns + 1) * terms.interval_ns


@njit
def expire(floor: Floor, now_ns: int) -> None:
    """Ends every order and leg that still works or is still on its way."""
    floor.venue[0].now_ns = now_ns
    for market in floor.markets:
        place = market.first
        while place != NONE:
            order = floor.orders[place]
            expire_order(floor, order)
            place = order.after
        market.first = market.last = NONE
        market.next_effective_ns = END_OF_TAPE
        market.listed = market.working = 0


@njit
def expire_order(floor: Floor, order: Any) -> None:
    """One order at the end of the tape."""
    if order.stage == PENDING and order.action == PLACE:
        tell(floor, order, ENTRY, EXPIRED, AT_THE_END)
    elif order.stage == WORKING:
        end_entry(floor, order, EXPIRED, AT_THE_END)
        end_leg(floor, order, STOP, EXPIRED, AT_THE_END)
        end_leg(floor, order, TARGET, EXPIRED, AT_THE_END)


@njit
def send_all(floor: Floor, slots: Array, rows: Array) -> None:
    """Takes a block of venue_orders."""
    unlisted = len(floor.markets) - 1
    for row in rows:
        slot = slots[row.instrument] if 0 <= row.instrument < len(slots) else unlisted
        send(floor, floor.markets[slot], row)
