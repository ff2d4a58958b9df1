"""The state of the exchange: plain records that a snapshot copies."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from services.venue.config import VenueConfig
from shared.market import Instrument
from shared.streams import REPORTS
from shared.time import BEFORE_TAPE, END_OF_TAPE

Array = npt.NDArray[Any]
NONE: Final = -1
UNLISTED: Final = -(1 << 40)
QUIET, LIVE, TRIGGERED, OVER = 0, 1, 2, 3
PENDING, WORKING, DONE = 0, 1, 2
UNLIMITED: Final = (1 << 63) - 1
REPORTS_AN_ORDER: Final = 48
"""More reports than one order can cause on one tick, bars included."""


def _record(*names: str) -> np.dtype[Any]:
    return np.dtype((np.record, np.dtype([(name, np.int64) for name in names])))


VENUE: Final = _record("account", "now_ns", "horizon_ns", "last_tick_ns", "next_effective_ns", "free", "told")
TERMS: Final = _record(
    "latency_ns", "per_lot", "fee_ppm", "half_spread", "slippage", "slippage_ppm", "participation_ppm",
    "most_lots", "interval_ns", "origin_ns",
)  # fmt: skip
MARKET: Final = _record(
    "instrument", "numerator", "denominator", "quoted", "sell_from", "sell_to", "buy_from", "buy_to",
    "sell_left", "buy_left", "first", "last", "listed", "working", "next_effective_ns", "placed_ns",
    "placed_id",
)  # fmt: skip
ORDER: Final = _record(
    "after", "stage", "effective_ns", "event_time_ns", "instrument", "order_id", "currency", "action",
    "side",
    "kind", "tif", "quantity", "limit_price", "stop_price", "bracket_stop", "bracket_target", "closes",
    "filled",
    "left", "held", "triggered", "rested", "stop_state", "stop_filled", "target_state", "target_filled",
    "executions",
)  # fmt: skip


class Floor(NamedTuple):
    """Everything that matching reads and writes; the last market is for instruments that are not listed."""

    venue: Array
    terms: Array
    markets: Array
    orders: Array
    reports: Array


def open_floor(config: VenueConfig, listed: list[Instrument], account: int) -> Floor:
    """An exchange before its first tick."""
    venue = np.zeros(1, VENUE)
    venue["account"] = account
    for name in ("now_ns", "horizon_ns", "last_tick_ns"):
        venue[name] = BEFORE_TAPE
    venue["next_effective_ns"] = END_OF_TAPE
    venue["free"] = NONE
    return Floor(venue, _terms(config), _markets(listed), np.zeros(0, ORDER), np.zeros(1024, REPORTS.dtype))


def with_room_for_orders(floor: Floor, more: int) -> Floor:
    """The same floor with free places for so many more orders."""
    have = len(floor.orders)
    free = have - int(floor.markets["listed"].sum())
    if free >= more:
        return floor
    added = max(more - free, have, 64)
    orders = np.zeros(have + added, ORDER)
    orders[:have] = floor.orders
    orders["after"][have:] = np.arange(have + 1, have + added + 1)
    orders["after"][-1] = floor.venue["free"][0]
    floor.venue["free"] = have
    return floor._replace(orders=orders)


def with_room_for_reports(floor: Floor, more: int) -> Floor:
    """The same floor with a longer page for reports; those already told stay."""
    told = int(floor.venue["told"][0])
    if len(floor.reports) - told >= more:
        return floor
    reports = np.zeros(max(2 * len(floor.reports), told + more), REPORTS.dtype)
    reports[:told] = floor.reports[:told]
    return floor._replace(reports=reports)


def slots_of(listed: list[Instrument]) -> Array:
    """Which market an instrument id is, as an array over ids; the last market if it is not listed."""
    ids = [row.instrument for row in listed]
    if min(ids, default=0) < 0 or max(ids, default=0) > 10_000_000:
        raise ValueError(f"instrument ids {min(ids)} to {max(ids)} are not within 0 and 10,000,000")
    slots = np.full(max(ids, default=0) + 1, len(ids), np.int64)
    slots[ids] = np.arange(len(ids))
    return slots


def _markets(listed: list[Instrument]) -> Array:
    markets = np.zeros(len(listed) + 1, MARKET)
    markets["first"] = markets["last"] = NONE
    markets["next_effective_ns"] = END_OF_TAPE
    markets["placed_ns"] = BEFORE_TAPE
    markets["denominator"] = 1
    markets["instrument"] = UNLISTED
    for row, instrument in zip(markets, listed, strict=False):
        row["instrument"] = instrument.instrument
        row["numerator"], row["denominator"] = instrument.unit.as_integer_ratio()
    return markets


def _terms(config: VenueConfig) -> Array:
    terms = np.zeros(1, TERMS)
    terms["latency_ns"] = config.latency_ns
    terms["per_lot"] = config.commission_per_lot_micro
    terms["fee_ppm"] = config.commission_ppm
    terms["half_spread"] = config.half_spread_ticks
    terms["slippage"] = config.slippage_ticks
    terms["slippage_ppm"] = config.slippage_ppm
    terms["participation_ppm"] = config.participation_ppm
    terms["most_lots"] = config.most_lots
    terms["interval_ns"], terms["origin_ns"] = config.interval_ns, config.origin_ns
    return terms
