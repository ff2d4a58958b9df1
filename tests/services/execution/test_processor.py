"""Orders go out one to one, reports come back as fills and events, and nothing is told twice."""

import pytest

from services.execution.processor import FillDesk, OrderDesk
from shared.block import Block
from shared.failures import BadInput
from shared.orders import IllegalMove, Reason, Status
from shared.streams import FILLS, ORDERS, REPORTS, VENUE_ORDERS
from tests.fixtures.market_day import block

S = Status


def report(
    *rows: tuple[int, Status, int, int, int], order_id: int = 5, reason: Reason = Reason.NONE
) -> Block:
    """Rows of (leg, status, exec id, filled, left)."""
    leg, status, exec_id, filled, left = zip(*rows, strict=True)
    return block(
        REPORTS, len(rows), event_time_ns=9, account=1, instrument=3, order_id=order_id, leg=leg, side=1,
        status=[int(s) for s in status], exec_id=exec_id, filled=filled, left=left, reason=int(reason),
    )  # fmt: skip


def desk() -> FillDesk:
    return FillDesk(1, lambda order_id: (order_id, 20, 30))


def test_an_order_goes_to_the_venue_as_it_is_and_is_noted_twice() -> None:
    orders = block(ORDERS, 2, account=1, event_time_ns=7, order_id=[1, 2], quantity=[10, 20], action=1)
    placed, events = OrderDesk(1).handle(orders)
    assert placed.stream is VENUE_ORDERS
    assert placed["quantity"].tolist() == [10, 20]
    assert events["order_id"].tolist() == [1, 1, 2, 2]
    assert events["status"].tolist() == [S.INTENDED, S.SENT, S.INTENDED, S.SENT]


def test_a_cancel_is_no_new_order() -> None:
    orders = block(ORDERS, 1, account=1, action=2)
    placed, events = OrderDesk(1).handle(orders)
    assert (len(placed), len(events)) == (1, 0)


def test_an_execution_becomes_a_fill_of_its_owner() -> None:
    fills, events = desk().handle(report((0, S.ACCEPTED, 0, 0, 10), (0, S.FILLED, 77, 10, 0)))
    assert fills.stream is FILLS
    assert [fills[name].tolist() for name in ("book", "strategy", "tag", "exec_id")] == [
        [5],
        [20],
        [30],
        [77],
    ]
    assert events["status"].tolist() == [S.ACCEPTED, S.FILLED]


def test_a_report_that_comes_twice_is_told_once() -> None:
    fill_desk = desk()
    list(fill_desk.handle(report((0, S.ACCEPTED, 0, 0, 10), (0, S.PARTIALLY_FILLED, 77, 4, 6))))
    fills, events = fill_desk.handle(report((0, S.PARTIALLY_FILLED, 77, 4, 6)))
    assert (len(fills), len(events)) == (0, 0)
    list(fill_desk.handle(report((0, S.FILLED, 78, 10, 0))))
    fills, _ = fill_desk.handle(report((0, S.FILLED, 78, 10, 0)))
    assert len(fills) == 0


@pytest.mark.parametrize("last", [S.FILLED, S.CANCELLED, S.REJECTED, S.EXPIRED])
def test_no_report_brings_an_order_back(last: Status) -> None:
    fill_desk = desk()
    list(fill_desk.handle(report((0, last, 0, 0, 0))))
    with pytest.raises(IllegalMove):
        list(fill_desk.handle(report((0, S.ACCEPTED, 0, 0, 10))))


def test_a_refused_request_says_nothing_about_the_order() -> None:
    fill_desk = desk()
    list(fill_desk.handle(report((0, S.FILLED, 1, 10, 0))))
    _, events = fill_desk.handle(report((0, S.REJECTED, 0, 0, 0), reason=Reason.NO_SUCH_ORDER))
    assert len(events) == 0


def test_a_bad_block_changes_nothing() -> None:
    fill_desk = desk()
    list(fill_desk.handle(report((0, S.FILLED, 1, 10, 0))))
    before = fill_desk.snapshot()
    with pytest.raises(IllegalMove):
        list(fill_desk.handle(report((1, S.ACCEPTED, 0, 0, 10), (0, S.ACCEPTED, 0, 0, 10))))
    assert fill_desk.snapshot() == before


def test_a_restored_desk_goes_on_alike() -> None:
    first, second = desk(), desk()
    list(first.handle(report((0, S.ACCEPTED, 0, 0, 10), (0, S.PARTIALLY_FILLED, 77, 4, 6))))
    second.restore(first.snapshot())
    rest = report((0, S.PARTIALLY_FILLED, 77, 4, 6), (0, S.FILLED, 78, 10, 0), (1, S.ACCEPTED, 0, 0, 10))
    for ours, theirs in zip(first.handle(rest), second.handle(rest), strict=True):
        assert ours["order_id"].tolist() == theirs["order_id"].tolist()
    assert first.snapshot() == second.snapshot()


def test_rows_of_another_account_are_refused() -> None:
    with pytest.raises(BadInput, match="account"):
        list(FillDesk(2, lambda _: (0, 0, 0)).handle(report((0, S.ACCEPTED, 0, 0, 1))))


@pytest.mark.parametrize("last", [S.CANCELLED, S.REJECTED, S.EXPIRED])
def test_an_order_that_ends_without_trading_is_told_as_a_fill_of_no_lots(last: Status) -> None:
    fills, _ = desk().handle(report((0, S.ACCEPTED, 0, 0, 10), (0, last, 0, 0, 0)))
    assert [fills[name].tolist() for name in ("order_id", "exec_id", "quantity", "left", "book")] == [
        [5],
        [0],
        [0],
        [0],
        [5],
    ]


def test_the_end_of_a_leg_or_of_a_mere_request_ends_no_order() -> None:
    fill_desk = desk()
    working = ((0, S.FILLED, 1, 10, 0), (1, S.ACCEPTED, 0, 0, 10))
    list(fill_desk.handle(report(*working)))
    fills, _ = fill_desk.handle(report((1, S.CANCELLED, 0, 0, 0)))
    assert len(fills) == 0
    fills, _ = fill_desk.handle(report((0, S.REJECTED, 0, 0, 0), reason=Reason.DUPLICATE))
    assert len(fills) == 0
