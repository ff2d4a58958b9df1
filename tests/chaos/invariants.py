"""What must hold of any record, live or replayed, whatever happened on the way to it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise

from research.replay.record import rows_of
from shared.block import Block
from shared.codec import decode
from shared.engine.bus import Bus, Key
from shared.money import micro
from shared.orders import NEXT, Action, Leg, Status
from shared.streams import ORDERS
from shared.tables import LedgerAccount
from shared.verdicts import Verdict
from tests.fixtures.line import RUN, Line

ACTED = {int(Verdict.ENTERED), int(Verdict.EXITED)}


def broken(line: Line, bus: Bus) -> list[str]:
    """Every invariant that the record of a finished run breaks, each with its first witness."""
    found = []
    for law in LAWS:
        witness = next(law(line), None)
        if witness is not None:
            found.append(f"{law.__name__}: {witness}")
    stranger = next(_orders_on_the_bus_are_recorded(line, bus), None)
    return found if stranger is None else [*found, f"orders_on_the_bus_are_recorded: {stranger}"]


def orders_and_signals_are_unique(line: Line) -> Iterator[str]:
    """No intent has another's id."""
    for stream, name in (("orders", "order_id"), ("signals", "signal_id")):
        for number, times in Counter(_rows(line, stream)[name].tolist()).items():
            if times > 1:
                yield f"{name} {number} {times} times"


def executions_are_unique(line: Line) -> Iterator[str]:
    """The venue executes once what it calls one execution."""
    for number, times in Counter(_rows(line, "fills")["exec_id"].tolist()).items():
        if times > 1:
            yield f"exec_id {number} {times} times"


def fills_stay_within_the_order(line: Line) -> Iterator[str]:
    """An entry fills no more than it asked for, and its protection no more than the entry filled."""
    orders = _rows(line, "orders")
    asked = dict(zip(orders["order_id"].tolist(), orders["quantity"].tolist(), strict=True))
    filled: dict[tuple[int, bool], int] = defaultdict(int)
    fills = _rows(line, "fills")
    for order_id, leg, quantity in _zipped(fills, "order_id", "leg", "quantity"):
        filled[order_id, leg == Leg.ENTRY] += quantity
    for (order_id, entry), quantity in filled.items():
        most = asked.get(order_id, 0) if entry else filled[order_id, True]
        if quantity > most:
            yield f"order {order_id} filled {quantity} of {most}"


def every_intent_has_its_verdict(line: Line) -> Iterator[str]:
    """Each order was decided by exactly one verdict that says so, and each such verdict led to its order."""
    orders = Counter(_rows(line, "orders")["order_id"].tolist())
    verdicts = Counter(o for v, o in _zipped(_rows(line, "verdicts"), "verdict", "order_id") if v in ACTED)
    for order_id in orders.keys() ^ verdicts.keys():
        yield f"order {order_id} has {orders[order_id]} intents and {verdicts[order_id]} verdicts"


def every_instrument_is_judged_at_every_close(line: Line) -> Iterator[str]:
    """A decision names every instrument of the book once."""
    judged = Counter(_zipped(_rows(line, "verdicts"), "account", "event_time_ns"))
    for place, times in judged.items():
        if times != len(list(line.context.instruments)):
            yield f"account and close {place} have {times} verdicts"


def every_intent_is_known_to_execution(line: Line) -> Iterator[str]:
    """No order is lost between the decision and its sending."""
    orders = _rows(line, "orders")
    placed = {o for o, action in _zipped(orders, "order_id", "action") if action == Action.PLACE}
    states = {o for (o,) in _zipped(_rows(line, "order_states"), "order_id")}
    for order_id in placed - states:
        yield f"order {order_id} was never sent"


def orders_only_move_forward(line: Line) -> Iterator[str]:
    """Each leg's events follow the table of an order's life."""
    paths: dict[tuple[int, int], list[tuple[int, int, int]]] = defaultdict(list)
    events = _rows(line, "order_events")
    names = ("order_id", "leg", "event_time_ns", "filled", "status")
    for order_id, leg, time, filled, status in _zipped(events, *names):
        paths[order_id, leg].append((time, filled, status))
    for place, path in paths.items():
        states = [Status(status) for _, _, status in sorted(path)]
        for now, to in pairwise(states):
            if to not in NEXT[now]:
                yield f"order and leg {place} went from {now.name} to {to.name}"


def postings_balance(line: Line) -> Iterator[str]:
    """Every execution's debits are its credits, and so are those of the opening."""
    sums: dict[tuple[int, int], int] = defaultdict(int)
    for account, exec_id, amount in _zipped(_rows(line, "postings"), "account", "exec_id", "amount_micro"):
        sums[account, exec_id] += amount
    yield from (
        f"account and execution {place} is off by {amount}" for place, amount in sums.items() if amount
    )


def positions_are_the_sum_of_fills(line: Line) -> Iterator[str]:
    """What is held is what was bought less what was sold."""
    held: dict[tuple[int, int], int] = defaultdict(int)
    for account, instrument, side, quantity in _zipped(
        _rows(line, "fills"), "account", "instrument", "side", "quantity"
    ):
        held[account, instrument] += side * quantity
    for account, instrument, quantity in _zipped(
        _rows(line, "positions"), "account", "instrument", "quantity"
    ):
        if held.pop((account, instrument), 0) != quantity:
            yield f"account {account} holds {quantity} of instrument {instrument}"
    yield from (f"{place} has fills and no position" for place, quantity in held.items() if quantity)


def cash_is_what_was_posted(line: Line) -> Iterator[str]:
    """The balance of cash is the start and every posting to it."""
    cash: dict[int, int] = defaultdict(int)
    for account, kind, amount in _zipped(
        _rows(line, "postings"), "account", "ledger_account", "amount_micro"
    ):
        cash[account] += amount if kind == LedgerAccount.CASH else 0
    for found in rows_of(line.store, RUN).cash:
        if found.amount != cash[found.account]:
            yield f"account {found.account} has {found.amount}, posted were {cash[found.account]}"


def worth_is_cash_and_positions(line: Line) -> Iterator[str]:
    """At every close the net asset value is cash and value; value is cost and profit not yet taken."""
    start = {int(a): micro(text) for a, text in line.context.plan.cash.items()}
    names = (
        "account",
        "event_time_ns",
        "nav_micro",
        "cash_micro",
        "value_micro",
        "cost_micro",
        "realised_micro",
        "fees_micro",
    )
    for account, time, nav, cash, value, cost, realised, fees in _zipped(_rows(line, "nav"), *names):
        if nav != cash + value or cash + cost != start[account] + realised - fees:
            yield f"account {account} at {time}"


LAWS: tuple[Callable[[Line], Iterator[str]], ...] = (
    orders_and_signals_are_unique,
    executions_are_unique,
    fills_stay_within_the_order,
    every_intent_has_its_verdict,
    every_instrument_is_judged_at_every_close,
    every_intent_is_known_to_execution,
    orders_only_move_forward,
    postings_balance,
    positions_are_the_sum_of_fills,
    cash_is_what_was_posted,
    worth_is_cash_and_positions,
)


def _orders_on_the_bus_are_recorded(line: Line, bus: Bus) -> Iterator[str]:
    """Nothing was ever said that the record does not know."""
    known = set(_rows(line, "orders")["order_id"].tolist())
    at = {Key(ORDERS.name, account): 0 for account in line.context.plan.accounts}
    while found := bus.read(at, 0.0):
        at |= {key: entries[-1].seq for key, entries in found.items()}
        blocks = [decode(entry.payload) for entries in found.values() for entry in entries]
        said = {order_id for block in blocks for order_id in block["order_id"].tolist()}
        yield from (f"order {order_id} is not in the record" for order_id in said - known)


def _rows(line: Line, stream: str) -> Block:
    return line.store.read_rows(RUN, stream)


def _zipped(block: Block, *names: str) -> Iterator[tuple[int, ...]]:
    return zip(*(block[name].tolist() for name in names), strict=True)
