"""A split changes no order's meaning: its lots, its prices and what rests for it are carried over."""

from __future__ import annotations

from typing import Any

import pytest

from services.venue.config import VenueConfig
from services.venue.processor import VenueProcessor
from shared.actions import Action, ActionRow, block_of
from shared.block import Block
from shared.market import Instrument, Instruments
from shared.orders import Kind, Leg, Status
from shared.streams import TICKS, VENUE_ORDERS
from shared.time import END_OF_TAPE
from tests.fixtures.blocks import block

MARKET = Instruments([Instrument(instrument=1, symbol="A")])
SPLIT_NS = 100


class Venue:
    """A venue that is told one thing after another."""

    def __init__(self) -> None:
        self.made = VenueProcessor(VenueConfig(latency_ns=1), MARKET, 0)

    def ticks(self, time_ns: int, bid: int, ask: int) -> None:
        """One quote of ten lots on both sides."""
        told: dict[str, Any] = {
            "kind": [2],
            "bid": [bid],
            "ask": [ask],
            "bid_size": [10_000],
            "ask_size": [10_000],
        }
        list(self.made.handle(block(TICKS, [time_ns], watermark_ns=time_ns, instrument=[1], **told)))

    def order(self, time_ns: int, **told: int) -> None:
        """A buy order."""
        columns = {
            "instrument": 1,
            "order_id": 7,
            "action": 1,
            "side": 1,
            "kind": Kind.MARKET,
            "tif": 1,
            **told,
        }
        rows: dict[str, Any] = {name: [value] for name, value in columns.items()}
        list(self.made.handle(block(VENUE_ORDERS, [time_ns], watermark_ns=time_ns, **rows)))

    def split(self, numerator: int, denominator: int) -> None:
        """The split."""
        row = ActionRow(SPLIT_NS, 1, Action.SPLIT, numerator, denominator)
        list(self.made.handle(block_of([row])))

    def reports(self, time_ns: int) -> Block:
        """What was said up to a horizon."""
        (told,) = self.made.handle(TICKS.empty(watermark_ns=time_ns, partition=-1))
        return told


@pytest.fixture
def venue() -> Venue:
    made = Venue()
    made.ticks(1, 999, 1001)
    return made


def test_a_bracket_protects_the_new_lots_at_the_new_prices(venue: Venue) -> None:
    venue.order(2, quantity=100, bracket_stop=900, bracket_target=1200)
    venue.ticks(50, 999, 1001)
    venue.reports(99)
    venue.split(2, 1)
    venue.ticks(SPLIT_NS, 499, 501)
    assert len(venue.reports(150)) == 0
    venue.ticks(200, 449, 451)
    told = venue.reports(END_OF_TAPE)
    sold = told.take((told["leg"] == Leg.STOP).nonzero()[0])
    assert (sold["quantity"].tolist()[0], sold["price"].tolist()[0]) == (200, 449)


def test_a_limit_waits_at_its_new_price_for_its_new_lots(venue: Venue) -> None:
    venue.order(2, quantity=100, kind=Kind.LIMIT, limit_price=800)
    venue.ticks(50, 999, 1001)
    venue.reports(99)
    venue.split(2, 1)
    venue.ticks(SPLIT_NS, 499, 501)
    assert len(venue.reports(150)) == 0
    venue.ticks(200, 398, 399)
    told = venue.reports(300)
    assert (told["quantity"].tolist(), told["left"].tolist()) == ([200], [0])


def test_what_is_less_than_a_lot_is_cancelled(venue: Venue) -> None:
    venue.order(2, quantity=3, kind=Kind.LIMIT, limit_price=800)
    venue.ticks(50, 999, 1001)
    venue.reports(99)
    venue.split(1, 10)
    told = venue.reports(150)
    assert told["status"].tolist() == [Status.CANCELLED]


def test_an_order_of_after_the_split_is_left_as_it_is(venue: Venue) -> None:
    venue.reports(99)
    venue.order(SPLIT_NS, quantity=5)
    venue.split(2, 1)
    venue.ticks(150, 499, 501)
    assert venue.reports(200)["quantity"].sum() == 5
