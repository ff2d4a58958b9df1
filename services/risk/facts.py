"""What risk learns: fills move money and positions, bars move prices and ranges, predictions wait."""

from __future__ import annotations

from typing import Any, Final

from services.risk.state import RANGES, Array, Desk
from shared.exact import fits_sum, value
from shared.kernels import njit
from shared.streams import CANARY, SHADOW

ENTRY_LEG: Final = 0


@njit
def take_fill(
    desk: Desk, slot: int, order_id: int, leg: int, side: int, lots: int, price: int, fee: int, left: int
) -> None:
    """Books one execution; cash that does not fit is unknown from then on, and no entry follows."""
    book, holding = desk.book[0], desk.holdings[slot]
    if lots == 0:
        end_order(holding, order_id)
        return
    pay(book, holding, side, lots, price, fee)
    before = holding.position
    holding.position = before + side * lots
    holding.average_entry = average_entry(holding.average_entry, before, side * lots, price)
    if order_id == holding.entry_id:
        holding.entry_left = left if leg == ENTRY_LEG else 0
    free_if_flat(holding)


@njit
def end_order(holding: Any, order_id: int) -> None:
    """A fill of no lots ends its order: nothing of an entry is left, an exit may be asked for again."""
    if order_id == holding.entry_id:
        holding.entry_left = 0
    if order_id == holding.exit_id:
        holding.exit_id = 0
    free_if_flat(holding)


@njit
def free_if_flat(holding: Any) -> None:
    """An instrument that holds nothing and waits for nothing is free for the next entry."""
    if holding.position == 0 and holding.entry_left == 0:
        holding.entry_id = holding.exit_id = 0


@njit
def pay(book: Any, holding: Any, side: int, lots: int, price: int, fee: int) -> None:
    """Moves the cash of an execution and its fee."""
    amount, fits = value(price, lots, holding.numerator, holding.denominator)
    if not fits or not fits_sum(book.cash, -side * amount) or not fits_sum(book.cash - side * amount, -fee):
        book.cash_is_known = 0
        return
    book.cash = book.cash - side * amount - fee


@njit
def average_entry(average: float, before: int, change: int, price: int) -> float:
    """The average price of what is held; what is sold off does not change it."""
    after = before + change
    if after == 0:
        return 0.0
    if before == 0 or (before > 0) != (after > 0):
        return float(price)
    if (before > 0) != (change > 0):
        return average
    return (average * abs(before) + float(price) * abs(change)) / abs(after)


@njit
def take_bar(desk: Desk, slot: int, close_ns: int, high: int, low: int, close: int) -> None:
    """Takes a bar's close, and its true range into the average; a bar that cannot be is no range."""
    holding = desk.holdings[slot]
    book = desk.book[0]
    book.close_ns = max(book.close_ns, close_ns)
    previous = holding.close
    holding.bar_ns, holding.close = close_ns, close
    if low <= 0 or high < low or not low <= close <= high:
        holding.close = 0
        return
    true_range = high - low
    if previous > 0:
        true_range = max(high, previous) - min(low, previous)
    place = holding.bars % RANGES
    holding.range_sum += true_range - holding.ranges[place]
    holding.ranges[place] = true_range
    holding.bars += 1


@njit
def take_prediction(
    desk: Desk, slot: int, time_ns: int, model: int, flags: int, p_sell: float, p_buy: float
) -> None:
    """Keeps the latest prediction until its close is decided."""
    holding, book = desk.holdings[slot], desk.book[0]
    book.close_ns = max(book.close_ns, time_ns)
    holding.prediction_ns, holding.model, holding.notes = time_ns, model, flags
    holding.p_sell, holding.p_buy = p_sell, p_buy


@njit
def slot_of(slots: Array, instrument: int) -> int:
    """The holding of an instrument, -1 if it is outside the book's universe."""
    return slots[instrument] if 0 <= instrument < len(slots) else -1


@njit
def take_fills(desk: Desk, slots: Array, fills: tuple[Array, ...]) -> None:
    """Books a block of fills, row by row."""
    instruments, orders, legs, sides, lots, prices, fees, lefts = fills
    for i in range(len(instruments)):
        slot = slot_of(slots, instruments[i])
        take_fill(desk, slot, orders[i], legs[i], sides[i], lots[i], prices[i], fees[i], lefts[i])


@njit
def take_bars(desk: Desk, slots: Array, bars: tuple[Array, ...], start: int, stop: int) -> None:
    """Takes rows of a block of bars; instruments outside the universe are none of ours."""
    instruments, times, highs, lows, closes = bars
    for i in range(start, stop):
        slot = slot_of(slots, instruments[i])
        if slot >= 0:
            take_bar(desk, slot, times[i], highs[i], lows[i], closes[i])


@njit
def is_traded(policy: Any, flags: int, horizon_ns: int) -> bool:
    """A book acts on one model: the active one or the canary, and of several horizons on its own."""
    if policy.horizon_ns != 0 and policy.horizon_ns != horizon_ns:
        return False
    return flags & CANARY != 0 if policy.canary == 1 else flags & SHADOW == 0


@njit
def take_predictions(
    desk: Desk, slots: Array, rows: tuple[Array, ...], chances: Array, start: int, stop: int
) -> None:
    """Takes the rows that the book trades out of a block; probabilities are sell, hold, buy."""
    instruments, times, models, flags, horizons = rows
    for i in range(start, stop):
        slot = slot_of(slots, instruments[i])
        if slot >= 0 and is_traded(desk.policy[0], flags[i], horizons[i]):
            notes = flags[i] & ~(SHADOW | CANARY)
            take_prediction(desk, slot, times[i], models[i], notes, chances[i, 0], chances[i, 2])
