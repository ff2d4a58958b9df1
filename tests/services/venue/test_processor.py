"""What the paper exchange does with an order, told in ticks and reports."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import pytest

from services.venue.config import VenueConfig
from services.venue.processor import VenueProcessor
from shared.block import Block
from shared.failures import BadInput
from shared.ids import derive
from shared.orders import Reason, Status
from shared.streams import TICKS, VENUE_ORDERS
from shared.time import END_OF_TAPE
from tests.fixtures.market_day import block, instruments

S, R = Status, Reason
PLAIN = VenueConfig(latency_ns=1, commission_bps=Decimal(0), interval_ns=100)
Row = tuple[int, ...]


def venue(config: VenueConfig = PLAIN) -> VenueProcessor:
    return VenueProcessor(config, instruments(2), 0)


def order(time: int = 0, order_id: int = 1, **columns: int) -> Block:
    terms = {"instrument": 1, "action": 1, "side": 1, "kind": 1, "tif": 1, "quantity": 10} | columns
    return block(VENUE_ORDERS, 1, event_time_ns=time, order_id=order_id, **terms)


def quotes(*rows: Row, instrument: int = 1) -> Block:
    """Rows of (time, bid, ask) or (time, bid, ask, size)."""
    time, bid, ask, size = zip(*((*row, 0)[:4] for row in rows), strict=True)
    return block(
        TICKS, len(rows), event_time_ns=time, instrument=instrument, kind=2, bid=bid, ask=ask, bid_size=size,
        ask_size=size,
    )  # fmt: skip


def bar(time: int, prices: Row, size: int = 0) -> Block:
    """Open, high, low, close."""
    opening, high, low, closing = prices
    return block(
        TICKS,
        1,
        event_time_ns=time,
        instrument=1,
        kind=3,
        open=opening,
        high=high,
        low=low,
        price=closing,
        size=size,
    )


def told(exchange: VenueProcessor, blocks: Iterable[Block], until: int = 10_000) -> list[Row]:
    """Reports as (time, order, leg, status, quantity, price)."""
    for one in blocks:
        assert not list(exchange.handle(one))
    (reports,) = exchange.handle(TICKS.empty(watermark_ns=until, partition=-1))
    names = ("event_time_ns", "order_id", "leg", "status", "quantity", "price")
    return list(zip(*(reports[name].tolist() for name in names), strict=True))


def executions(rows: list[Row]) -> list[Row]:
    return [(time, leg, quantity, price) for time, _, leg, _, quantity, price in rows if quantity]


def test_a_market_order_trades_at_the_touch_that_stands_when_it_arrives() -> None:
    rows = told(venue(), [quotes((5, 99, 101)), order(9), quotes((20, 109, 111))])
    assert executions(rows) == [(10, 0, 10, 101)]


def test_without_a_quote_it_waits_for_the_first_one() -> None:
    assert executions(told(venue(), [order(9), quotes((20, 99, 101))])) == [(20, 0, 10, 101)]


def test_an_order_at_the_time_of_a_tick_comes_first() -> None:
    assert executions(told(venue(), [quotes((5, 99, 101)), order(9), quotes((10, 89, 91))])) == [
        (10, 0, 10, 101)
    ]


def test_fills_are_limited_by_what_is_shown_and_go_on_at_the_next_ticks() -> None:
    config = VenueConfig(latency_ns=1, participation=Decimal("0.5"))
    rows = told(venue(config), [order(0), quotes((5, 99, 101, 8), (6, 99, 102, 8), (7, 99, 103, 8))])
    assert executions(rows) == [(5, 0, 4, 101), (6, 0, 4, 102), (7, 0, 2, 103)]


def test_what_one_order_takes_another_cannot() -> None:
    ticks = quotes((5, 99, 101, 12), (6, 99, 102, 12))
    rows = told(venue(), [order(0, 1), order(0, 2), ticks])
    assert executions(rows) == [(5, 0, 10, 101), (5, 0, 2, 101), (6, 0, 8, 102)]


def test_immediate_or_cancel_leaves_nothing_working() -> None:
    rows = told(venue(), [quotes((0, 99, 101, 4)), order(1, tif=2), quotes((5, 99, 101, 4))])
    assert [(row[3], row[4]) for row in rows] == [(S.ACCEPTED, 0), (S.PARTIALLY_FILLED, 4), (S.CANCELLED, 0)]


@pytest.mark.parametrize(("side", "limit", "through"), [(1, 95, (94, 95)), (-1, 105, (105, 106))])
def test_a_resting_limit_trades_at_its_own_price_and_an_arriving_one_at_a_better(
    side: int, limit: int, through: Row
) -> None:
    resting = told(
        venue(), [quotes((0, 99, 101)), order(1, side=side, kind=2, limit_price=limit), quotes((9, *through))]
    )
    assert executions(resting) == [(9, 0, 10, limit)]
    arriving = told(
        venue(), [quotes((0, *through)), order(1, side=side, kind=2, limit_price=limit + side * 9)]
    )
    assert executions(arriving) == [(2, 0, 10, limit)]


@pytest.mark.parametrize(
    ("side", "stop", "gap", "price"), [(1, 105, (109, 111), 111), (-1, 95, (89, 91), 89)]
)
def test_a_stop_that_is_jumped_over_trades_at_the_worse_price(
    side: int, stop: int, gap: Row, price: int
) -> None:
    rows = told(
        venue(), [quotes((0, 99, 101)), order(1, side=side, kind=3, stop_price=stop), quotes((9, *gap))]
    )
    assert executions(rows) == [(9, 0, 10, price)]


def test_slippage_and_commission_are_charged() -> None:
    config = VenueConfig(
        latency_ns=1, slippage_ticks=2, slippage_bps=Decimal(100), commission_per_lot=Decimal("0.01"),
        commission_bps=Decimal(10),
    )  # fmt: skip
    exchange = venue(config)
    list(exchange.handle(quotes((0, 999, 1000))))
    list(exchange.handle(order(1)))
    (reports,) = exchange.handle(TICKS.empty(watermark_ns=50, partition=-1))
    assert reports["price"][-1] == 1000 + 10 + 2
    assert reports["fee"][-1] == 10 * 10_000 + 1012 * 10 * 10_000 * 10 // 10_000


def bracket(**columns: int) -> Block:
    return order(bracket_stop=95, bracket_target=107, **columns)


def test_a_stop_ends_its_target() -> None:
    rows = told(venue(), [bracket(), quotes((5, 99, 101), (6, 94, 96), (7, 110, 112))])
    assert executions(rows) == [(5, 0, 10, 101), (6, 1, 10, 94)]
    assert (6, 1, 2, S.CANCELLED, 0, 0) in rows


def test_a_target_ends_its_stop() -> None:
    rows = told(venue(), [bracket(), quotes((5, 99, 101), (6, 107, 109), (7, 90, 92))])
    assert executions(rows) == [(5, 0, 10, 101), (6, 2, 10, 107)]
    assert (6, 1, 1, S.CANCELLED, 0, 0) in rows


def test_legs_protect_what_has_filled_and_end_the_rest_of_the_entry() -> None:
    rows = told(venue(), [bracket(), quotes((5, 99, 101, 4), (6, 94, 96, 50))])
    assert executions(rows) == [(5, 0, 4, 101), (6, 1, 4, 94)]
    assert (6, 1, 0, S.CANCELLED, 0, 0) in rows


def test_an_order_that_closes_takes_over_what_the_entry_holds() -> None:
    close = order(10, 2, side=-1, quantity=99, closes=1)
    rows = told(venue(), [bracket(), quotes((5, 99, 101)), close, quotes((20, 90, 92))])
    assert executions(rows) == [(5, 0, 10, 101), (11, 0, 10, 99)]
    assert [(row[2], row[3]) for row in rows if row[1] == 1][-2:] == [(1, S.CANCELLED), (2, S.CANCELLED)]


def test_closing_an_entry_that_is_gone_trades_nothing() -> None:
    close = order(10, 2, side=-1, closes=1)
    rows = told(venue(), [bracket(), quotes((5, 99, 101), (6, 90, 92)), close])
    assert rows[-1] == (11, 2, 0, S.CANCELLED, 0, 0)


def test_a_bar_meets_the_stop_before_the_target() -> None:
    config = VenueConfig(latency_ns=1, half_spread_ticks=0)
    rows = told(venue(config), [bracket(), bar(5, (100, 110, 90, 100))])
    assert executions(rows) == [(5, 0, 10, 100), (5, 1, 10, 95)]


def test_a_bar_that_opens_beyond_the_stop_fills_at_its_open() -> None:
    config = VenueConfig(latency_ns=1, half_spread_ticks=0)
    rows = told(venue(config), [bracket(), bar(5, (100, 101, 99, 100)), bar(6, (90, 110, 80, 100))])
    assert executions(rows) == [(5, 0, 10, 100), (6, 1, 10, 90)]


def test_on_a_tape_without_quotes_the_spread_is_assumed() -> None:
    config = VenueConfig(latency_ns=1, half_spread_ticks=3)
    trade = block(TICKS, 1, event_time_ns=5, instrument=1, kind=1, price=100, size=50)
    assert executions(told(venue(config), [order(), trade])) == [(5, 0, 10, 103)]


def test_a_stop_never_moves_against_us() -> None:
    lower = order(6, action=3, stop_price=90)
    assert executions(told(venue(), [bracket(), quotes((5, 99, 101)), lower, quotes((9, 94, 96))]))[-1] == (
        9,
        1,
        10,
        94,
    )
    higher = order(6, action=3, stop_price=98)
    assert executions(told(venue(), [bracket(), quotes((5, 99, 101)), higher, quotes((9, 97, 99))]))[-1] == (
        9,
        1,
        10,
        97,
    )


def test_a_cancel_ends_the_entry_and_leaves_its_protection() -> None:
    rows = told(venue(), [bracket(), quotes((5, 99, 101, 4)), order(6, action=2), quotes((9, 94, 96, 50))])
    assert executions(rows) == [(5, 0, 4, 101), (9, 1, 4, 94)]
    assert (7, 1, 0, S.CANCELLED, 0, 0) in rows


def reasons(exchange: VenueProcessor, *blocks: Block) -> list[int]:
    for one in blocks:
        list(exchange.handle(one))
    (reports,) = exchange.handle(TICKS.empty(watermark_ns=5_000, partition=-1))
    return [reason for reason in reports["reason"].tolist() if reason]


@pytest.mark.parametrize(
    ("placed", "reason"),
    [
        (order(instrument=9), R.UNKNOWN_INSTRUMENT),
        (order(instrument=-1), R.UNKNOWN_INSTRUMENT),
        (order(quantity=0), R.BAD_QUANTITY),
        (order(side=0), R.BAD_QUANTITY),
        (order(kind=2), R.BAD_PRICE),
        (order(kind=3), R.BAD_PRICE),
        (order(bracket_stop=107, bracket_target=95), R.BAD_PRICE),
        (order(action=2, order_id=77), R.NO_SUCH_ORDER),
    ],
)
def test_what_cannot_be_done_is_rejected_with_its_reason(placed: Block, reason: Reason) -> None:
    assert reasons(venue(), placed) == [reason]


def test_an_order_that_comes_twice_trades_once() -> None:
    exchange = venue()
    assert reasons(exchange, order(), order(), quotes((5, 99, 101))) == [R.DUPLICATE]
    assert len(exchange.floor.reports) >= 1


def test_an_amount_that_does_not_fit_ends_the_order() -> None:
    huge = 1 << 52
    assert reasons(venue(), order(quantity=huge), quotes((5, huge - 1, huge))) == [R.BAD_PRICE]


def test_at_the_end_of_the_tape_everything_expires_at_the_close_that_would_have_come() -> None:
    blocks = [bracket(), quotes((205, 99, 101)), order(300, 2, kind=2, limit_price=1), order(10**9, 3)]
    exchange = venue()
    rows = told(exchange, blocks, END_OF_TAPE)
    assert [(row[0], row[1], row[2]) for row in rows if row[3] == S.EXPIRED] == [
        (300, 1, 1),
        (300, 1, 2),
        (300, 2, 0),
        (300, 3, 0),
    ]
    with pytest.raises(BadInput, match="end of the tape"):
        list(exchange.handle(order(400, 9)))


def test_executions_have_derived_ids() -> None:
    exchange = venue()
    list(exchange.handle(order(0, 42)))
    list(exchange.handle(quotes((5, 99, 101, 6), (6, 99, 101, 6))))
    (reports,) = exchange.handle(TICKS.empty(watermark_ns=50, partition=-1))
    assert reports["exec_id"].tolist() == [0, derive(42, 0, 1), derive(42, 0, 2)]


def test_a_late_order_is_effective_after_the_horizon_never_in_the_past() -> None:
    exchange = venue()
    told(exchange, [quotes((5, 99, 101))], 500)
    assert executions(told(exchange, [order(9)], 900)) == [(501, 0, 10, 101)]


def test_an_order_larger_than_the_exchange_takes_is_rejected() -> None:
    small = VenueConfig(latency_ns=1, commission_bps=Decimal(0), interval_ns=100, most_lots=9)
    assert reasons(venue(small), order(quantity=10)) == [R.BAD_QUANTITY]
    assert reasons(venue(small), order(quantity=9), quotes((5, 99, 101))) == []


def test_an_entry_whose_stop_could_not_be_paid_is_rejected() -> None:
    placed = order(side=-1, quantity=10**6, bracket_stop=10**9)
    assert reasons(venue(), placed) == [R.BAD_PRICE]


def test_a_stop_whose_amount_does_not_fit_trades_in_parts_and_is_never_given_up() -> None:
    lots = 10**6
    exchange = venue()
    begun = [order(side=-1, quantity=lots, bracket_stop=110), quotes((5, 99, 101))]
    rows = told(exchange, [*begun, quotes((6, 10**9, 10**9), (7, 10**9, 10**9))])
    assert [row[4] for row in rows if row[2] == 1 and row[4]] == [lots // 2, lots // 2]
    assert S.CANCELLED not in [row[3] for row in rows]
