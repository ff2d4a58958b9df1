"""The fused line: venue, execution and risk of one account in a single compiled loop over a whole tape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from research.replay.tape import Account, Array, Tape, Trades, traded
from services.risk.config import RiskConfig
from services.risk.decision import decide
from services.risk.facts import slot_of, take_bars, take_fill, take_predictions
from services.risk.processor import BAR_COLUMNS, PREDICTION_COLUMNS, universe_of
from services.risk.processor import slots_of as holding_slots
from services.risk.state import Desk, open_desk
from services.venue.arrivals import DUPLICATE, NO_SUCH_ORDER, REJECTED, send
from services.venue.config import VenueConfig
from services.venue.floor import (
    REPORTS_AN_ORDER,
    Floor,
    open_floor,
    with_room_for_orders,
    with_room_for_reports,
)
from services.venue.floor import slots_of as market_slots
from services.venue.processor import TICK_COLUMNS
from services.venue.tape import EXPIRED, complete, take_ticks
from services.venue.trading import CANCELLED, ENTRY
from shared.kernels import njit, readonly
from shared.kernels import warm as warm_kernels
from shared.market import Instrument, Instruments
from shared.streams import BARS, ORDERS, PREDICTIONS, REPORTS, SIGNALS, TICKS, VERDICTS
from shared.time import END_OF_TAPE

FINISHED, WANTS_REPORTS, WANTS_ORDERS = 0, 1, 2
AT: Final = np.dtype(
    (np.record, np.dtype([(name, np.int64) for name in ("close", "tick", "report", "orders")]))
)


class Market(NamedTuple):
    """The tape as columns, with the rows where each close ends."""

    ticks: tuple[Array, ...]
    bars: tuple[Array, ...]
    predictions: tuple[Array, ...]
    chances: Array
    closes: Array
    tick_stops: Array
    bar_stops: Array
    prediction_stops: Array


class Pages(NamedTuple):
    """Where rows are written, and which fills come first."""

    verdicts: Array
    signals: Array
    orders: Array
    order_of_fills: Array


def run_line(tape: Tape, instruments: Instruments, accounts: Sequence[Account]) -> dict[int, Trades]:
    """What every account does on the tape: the same rows as the processors, handed block by block."""
    market = market_of(tape)
    return {account.number: run_account(market, instruments, account) for account in accounts}


def run_account(market: Market, instruments: Instruments, account: Account) -> Trades:
    """One account through the whole tape."""
    listed, universe = list(instruments), universe_of(account.risk, instruments)
    floor = open_floor(account.venue, listed, account.number)
    desk = open_desk(account.risk, universe, account.number, account.trading)
    slots = market_slots(listed), holding_slots(universe)
    pages = open_pages(len(market.closes), len(universe))
    at = np.zeros(1, AT)
    while (state := run_closes(market, floor, desk, slots, pages, at)) != FINISHED:
        floor, pages = with_room(floor, pages, state, len(universe))
    return harvest(account, floor, pages, int(at["orders"][0]))


def harvest(account: Account, floor: Floor, pages: Pages, orders: int) -> Trades:
    """The written pages as blocks that end with the tape."""
    end = {"watermark_ns": END_OF_TAPE, "partition": account.number}
    told = int(floor.venue["told"][0])
    return traded(
        account,
        VERDICTS.records(pages.verdicts, **end),
        SIGNALS.records(pages.signals[:orders], **end),
        ORDERS.records(pages.orders[:orders], **end),
        REPORTS.records(floor.reports[:told], **end).sorted(),
    )


def market_of(tape: Tape) -> Market:
    """The columns of a tape and the rows that belong to each close."""
    closes = tape.closes()
    return Market(
        tuple(readonly(tape.ticks[name]) for name in TICK_COLUMNS),
        tuple(readonly(tape.bars[name]) for name in BAR_COLUMNS),
        tuple(readonly(tape.predictions[name]) for name in PREDICTION_COLUMNS),
        readonly(tape.predictions["probabilities"]),
        closes,
        *(np.searchsorted(block["event_time_ns"], closes, side="right") for block in tape),
    )


def open_pages(closes: int, universe: int) -> Pages:
    """A row for every verdict; orders and fills get more room when they need it."""
    return Pages(
        np.zeros(closes * universe, VERDICTS.dtype),
        np.zeros(4 * universe, SIGNALS.dtype),
        np.zeros(4 * universe, ORDERS.dtype),
        np.zeros(1024, np.int64),
    )


def with_room(floor: Floor, pages: Pages, wanted: int, universe: int) -> tuple[Floor, Pages]:
    """The same rows with more room for what the loop ran out of."""
    if wanted == WANTS_ORDERS:
        more = max(len(pages.orders), universe)
        signals = np.concatenate([pages.signals, np.zeros(more, SIGNALS.dtype)])
        orders = np.concatenate([pages.orders, np.zeros(more, ORDERS.dtype)])
        return with_room_for_orders(floor, universe), pages._replace(signals=signals, orders=orders)
    listed = int(floor.markets["listed"].sum())
    floor = with_room_for_reports(floor, REPORTS_AN_ORDER * (listed + 2) + len(floor.reports))
    return floor, pages._replace(order_of_fills=np.zeros(len(floor.reports), np.int64))


@njit
def run_closes(
    market: Market, floor: Floor, desk: Desk, slots: tuple[Array, Array], pages: Pages, at: Array
) -> int:
    """Goes on from where it stopped until the tape ends or a page is full."""
    here, universe = at[0], len(desk.holdings)
    while here.close < len(market.closes):
        close = here.close
        if not match_until(market, floor, slots[0], here, market.tick_stops[close], market.closes[close]):
            return WANTS_REPORTS
        if here.orders + universe > len(pages.orders) or free_places(floor) < universe:
            return WANTS_ORDERS
        settle_fills(floor, desk, slots[1], pages.order_of_fills, here)
        learn(market, desk, slots[1], close)
        written = close * universe
        count = decide(
            desk,
            pages.verdicts[written : written + universe],
            pages.signals[here.orders : here.orders + universe],
            pages.orders[here.orders : here.orders + universe],
        )
        for i in range(here.orders, here.orders + count):
            row = pages.orders[i]
            send(floor, floor.markets[slots[0][row.instrument]], row)
        here.orders += count
        here.close += 1
    if not match_until(market, floor, slots[0], here, len(market.ticks[0]), END_OF_TAPE):
        return WANTS_REPORTS
    settle_fills(floor, desk, slots[1], pages.order_of_fills, here)
    return FINISHED


@njit
def match_until(market: Market, floor: Floor, slots: Array, here: Any, stop: int, horizon_ns: int) -> bool:
    """Gives the venue every tick up to a horizon; False if its page for reports is full."""
    here.tick = take_ticks(floor, slots, market.ticks, here.tick, stop)
    return here.tick == stop and (floor.venue[0].horizon_ns == END_OF_TAPE or complete(floor, horizon_ns))


@njit
def free_places(floor: Floor) -> int:
    """How many more orders the venue's table can take."""
    listed = 0
    for i in range(len(floor.markets)):
        listed += floor.markets[i].listed
    return len(floor.orders) - listed


@njit
def learn(market: Market, desk: Desk, slots: Array, close: int) -> None:
    """The bars of a close, then its predictions."""
    bars = market.bar_stops[close - 1] if close > 0 else 0
    rows = market.prediction_stops[close - 1] if close > 0 else 0
    take_bars(desk, slots, market.bars, bars, market.bar_stops[close])
    stop = market.prediction_stops[close]
    take_predictions(desk, slots, market.predictions, market.chances, rows, stop)


@njit
def comes_later(a: Any, b: Any) -> bool:
    """Whether report a belongs behind report b in the merge order."""
    if a.event_time_ns != b.event_time_ns:
        return a.event_time_ns > b.event_time_ns
    if a.instrument != b.instrument:
        return a.instrument > b.instrument
    if a.order_id != b.order_id:
        return a.order_id > b.order_id
    return a.leg > b.leg


@njit
def ends(report: Any) -> bool:
    """Whether a report ends an order itself; a refused request leaves the order that it names as it is."""
    if report.leg != ENTRY or report.reason == NO_SUCH_ORDER or report.reason == DUPLICATE:
        return False
    return report.status == CANCELLED or report.status == REJECTED or report.status == EXPIRED


@njit
def settle_fills(floor: Floor, desk: Desk, slots: Array, places: Array, here: Any) -> None:
    """Books executions and ends since the last close, in the order in which a stream would carry them."""
    told, count = floor.venue[0].told, 0
    for i in range(here.report, told):
        row = floor.reports[i]
        if row.exec_id == 0 and not ends(row):
            continue
        k = count
        while k > 0 and comes_later(floor.reports[places[k - 1]], row):
            places[k] = places[k - 1]
            k -= 1
        places[k] = i
        count += 1
    for k in range(count):
        fill = floor.reports[places[k]]
        slot = slot_of(slots, fill.instrument)
        take_fill(
            desk, slot, fill.order_id, fill.leg, fill.side, fill.quantity, fill.price, fill.fee, fill.left
        )
    here.report = told


def warm() -> None:
    """Compiles the fused loop, or loads it from the cache."""
    instruments = Instruments([Instrument(instrument=1, symbol="WARM")])
    empty = {"watermark_ns": END_OF_TAPE}
    market = market_of(Tape(TICKS.empty(**empty), BARS.empty(**empty), PREDICTIONS.empty(**empty)))
    market = market._replace(chances=readonly(np.empty((0, 3))))
    account = Account(0, risk=RiskConfig(), venue=VenueConfig())
    listed = list(instruments)
    arguments = (
        market,
        open_floor(account.venue, listed, 0),
        open_desk(account.risk, listed, 0, account.trading),
        (market_slots(listed), holding_slots(listed)),
        open_pages(0, 1),
        np.zeros(1, AT),
    )
    warm_kernels([(run_closes, arguments)])
