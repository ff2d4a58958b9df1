"""The decision at a close: each instrument of the book in turn ends in exactly one verdict."""

from __future__ import annotations

import math
from typing import Any, Final

from services.risk.checks import OK, refusal_at_close, refusal_before_entry, refusal_before_sizing
from services.risk.sizing import size
from services.risk.state import Array, Desk
from services.risk.stops import place_bracket
from shared.exact import ZERO as SEED
from shared.exact import as_id, fits_sum, mix, value
from shared.kernels import njit
from shared.orders import Action, Kind, TimeInForce
from shared.verdicts import Verdict

ENTERED, EXITED, HELD = int(Verdict.ENTERED), int(Verdict.EXITED), int(Verdict.HELD)
PLACE, MARKET = int(Action.PLACE), int(Kind.MARKET)
UNTIL_CANCELLED: Final = int(TimeInForce.GOOD_TILL_CANCELLED)
ORDER, SIGNAL = 0, 1


@njit
def measure(desk: Desk) -> None:
    """Equity and gross exposure at the last closes, working entries counted as if filled."""
    book = desk.book[0]
    book.equity, book.gross = book.cash, 0
    book.equity_is_known, book.marks_are_fresh = 1, 1
    for i in range(len(desk.holdings)):
        holding = desk.holdings[i]
        reserved = abs(holding.position) + holding.entry_left
        if reserved == 0:
            continue
        if holding.close <= 0 or book.close_ns - holding.bar_ns > desk.policy[0].max_data_age_ns:
            book.marks_are_fresh = 0
            continue
        worth, fits = value(holding.close, holding.position, holding.numerator, holding.denominator)
        exposure, room = value(holding.close, reserved, holding.numerator, holding.denominator)
        if not (fits and room and fits_sum(book.equity, worth) and fits_sum(book.gross, exposure)):
            book.equity_is_known = 0
            return
        book.equity += worth
        book.gross += exposure


@njit
def begin(desk: Desk, holding: Any) -> Any:
    """An empty plan for one instrument."""
    plan = desk.plan[0]
    plan.verdict, plan.side, plan.order_id, plan.signal_id = OK, 0, 0, 0
    plan.quantity, plan.distance, plan.stop, plan.target, plan.closes, plan.notional = 0, 0, 0, 0, 0, 0
    plan.price = holding.close if holding.bar_ns == desk.book[0].close_ns else 0
    plan.position = holding.position
    plan.model = holding.model if holding.prediction_ns == desk.book[0].close_ns else 0
    plan.probability, plan.measured, plan.limit = math.nan, math.nan, math.nan
    plan.threshold = (
        desk.policy[0].exit_threshold if holding.position != 0 else desk.policy[0].entry_threshold
    )
    return plan


@njit
def derived(desk: Desk, holding: Any, purpose: int) -> int:
    """The id of what this book asks for of this instrument at this close."""
    policy = desk.policy[0]
    state = mix(mix(mix(mix(SEED, policy.config), policy.account), policy.book), policy.strategy)
    return as_id(mix(mix(mix(state, holding.instrument), desk.book[0].close_ns), purpose))


@njit
def leave(desk: Desk, holding: Any, plan: Any) -> int:
    """An open position goes when the other side is likely enough; its stop and target rest at the venue."""
    plan.side = -1 if holding.position > 0 else 1
    plan.probability = holding.p_buy if plan.side > 0 else holding.p_sell
    plan.measured, plan.limit = plan.probability, plan.threshold
    if plan.probability < plan.threshold:
        return HELD
    plan.quantity = abs(holding.position)
    plan.closes = holding.entry_id
    plan.order_id, plan.signal_id = derived(desk, holding, ORDER), derived(desk, holding, SIGNAL)
    holding.exit_id = plan.order_id
    return EXITED


@njit
def enter(desk: Desk, holding: Any, plan: Any) -> int:
    """A flat book enters on the likelier side, if every check lets it."""
    sell, buy = holding.p_sell, holding.p_buy
    plan.side = 1 if buy > sell else (-1 if sell > buy else 0)
    plan.probability = max(buy, sell)
    place_bracket(desk, holding, plan)
    verdict = refusal_before_sizing(desk, holding, plan)
    if verdict != OK:
        return verdict
    size(desk, holding, plan)
    verdict = refusal_before_entry(desk, holding, plan)
    if verdict != OK:
        return verdict
    plan.order_id, plan.signal_id = derived(desk, holding, ORDER), derived(desk, holding, SIGNAL)
    holding.entry_id, holding.entry_left, holding.entry_side = plan.order_id, plan.quantity, plan.side
    desk.book[0].gross += plan.notional
    return ENTERED


@njit
def judge(desk: Desk, holding: Any, plan: Any) -> int:
    """The one verdict of an instrument at this close."""
    verdict = refusal_at_close(desk, holding, plan)
    if verdict != OK:
        return verdict
    if holding.position != 0:
        return leave(desk, holding, plan)
    return enter(desk, holding, plan)


@njit
def decide(desk: Desk, verdicts: Array, signals: Array, orders: Array) -> int:
    """Decides the close; writes a verdict for every instrument, returns how many orders there are."""
    measure(desk)
    count = 0
    for i in range(len(desk.holdings)):
        holding = desk.holdings[i]
        plan = begin(desk, holding)
        plan.verdict = judge(desk, holding, plan)
        write_verdict(desk, holding, plan, verdicts[i])
        if plan.verdict in (ENTERED, EXITED):
            write_signal(desk, holding, plan, signals[count])
            write_order(desk, holding, plan, orders[count])
            count += 1
    desk.book[0].decided_ns = desk.book[0].close_ns
    return count


@njit
def write_owner(desk: Desk, holding: Any, row: Any) -> None:
    """When, what, and whose."""
    policy = desk.policy[0]
    row.event_time_ns = desk.book[0].close_ns
    row.account = policy.account
    row.book = policy.book
    row.strategy = policy.strategy
    row.tag = policy.tag
    row.currency = policy.currency
    row.instrument = holding.instrument


@njit
def write_verdict(desk: Desk, holding: Any, plan: Any, row: Any) -> None:
    """The verdict with what it was measured on."""
    write_owner(desk, holding, row)
    row.verdict = plan.verdict
    row.side = plan.side
    row.probability = plan.probability
    row.threshold = plan.threshold
    row.price = plan.price
    row.position = plan.position
    row.order_id = plan.order_id
    row.model = plan.model
    row.measured = plan.measured
    row.limit = plan.limit


@njit
def write_signal(desk: Desk, holding: Any, plan: Any, row: Any) -> None:
    """The signal that an order serves."""
    write_owner(desk, holding, row)
    row.signal_id = plan.signal_id
    row.side = plan.side
    row.probability = plan.probability
    row.price = plan.price
    row.stop = plan.stop
    row.target = plan.target
    row.quantity = plan.quantity


@njit
def write_order(desk: Desk, holding: Any, plan: Any, row: Any) -> None:
    """An order at market: an entry with its bracket, or the close of one."""
    write_owner(desk, holding, row)
    row.order_id = plan.order_id
    row.signal_id = plan.signal_id
    row.action = PLACE
    row.side = plan.side
    row.kind = MARKET
    row.tif = UNTIL_CANCELLED
    row.quantity = plan.quantity
    row.limit_price = 0
    row.stop_price = 0
    row.bracket_stop = plan.stop
    row.bracket_target = plan.target
    row.closes = plan.closes
