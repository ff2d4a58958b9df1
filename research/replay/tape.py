"""A whole tape with what was made of it, and what each account did on it: the fused driver's in and out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from services.execution.processor import OF_A_REQUEST, OrderDesk, Owner, events_of, fills_of, settled
from services.risk.config import RiskConfig
from services.risk.state import Trading
from services.venue.config import VenueConfig
from shared.block import Block, join

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Account:
    """One account of a replay: what it may risk, on what terms, and whether it may trade."""

    number: int
    risk: RiskConfig
    venue: VenueConfig
    trading: Trading = Trading.ON

    def owner_of(self, order_id: int) -> Owner:
        """Every order of the account belongs to its one book, strategy and tag."""
        return self.risk.book, self.risk.strategy, self.risk.tag


class Tape(NamedTuple):
    """All ticks, bars and predictions of a run, each sorted by time and instrument."""

    ticks: Block
    bars: Block
    predictions: Block

    def closes(self) -> Array:
        """Every time that has a bar or a prediction: the moments of decision."""
        return np.unique(np.concatenate([self.bars["event_time_ns"], self.predictions["event_time_ns"]]))


class Trades(NamedTuple):
    """Everything that one account's decisions led to, in canonical order."""

    verdicts: Block
    signals: Block
    orders: Block
    venue_orders: Block
    reports: Block
    fills: Block
    order_events: Block


def traded(account: Account, verdicts: Block, signals: Block, orders: Block, reports: Block) -> Trades:
    """Adds what execution makes of a whole run: every report of our own venue is news."""
    venue_orders, sent = OrderDesk(account.number).handle(orders)
    news = reports.take(np.flatnonzero(~np.isin(reports["reason"], OF_A_REQUEST)))
    owned = settled(news)
    fills = fills_of(owned, np.tile(np.array(account.owner_of(0), np.int64), (len(owned), 1)))
    events = join([sent, events_of(news)]).sorted()
    return Trades(verdicts, signals, orders, venue_orders, reports, fills, events)
