"""Splits and dividends in the books: value neither comes nor goes, and every posting is matched."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ledger.actions import Event, dividend, events, split
from services.ledger.booking import Holding
from services.ledger.processor import LedgerProcessor
from shared.actions import Action
from shared.block import Block
from shared.failures import BadInput
from shared.streams import CORPORATE_ACTIONS
from tests.fixtures.blocks import block
from tests.fixtures.books import CLOSE_NS, Deal, bars, fills, ledger

UNIT = (10_000, 1)
RATIO = st.integers(1, 30)


def happened(action: Action, numerator: int = 0, denominator: int = 0, amount: int = 0) -> Event:
    return Event(CLOSE_NS + 5, 1, action, numerator, denominator, amount)


def told(event: Event) -> Block:
    return block(
        CORPORATE_ACTIONS,
        [event.time_ns],
        watermark_ns=event.time_ns,
        instrument=[event.instrument],
        action=[event.action],
        numerator=[event.numerator],
        denominator=[event.denominator],
        amount=[event.amount],
    )


@given(st.integers(-500, 500).filter(bool), st.integers(-(10**9), 10**9), RATIO, RATIO, st.integers(1, 10**6))
def test_a_split_keeps_worth_and_cost_but_for_rounding(
    lots: int, cost: int, numerator: int, denominator: int, mark: int
) -> None:
    after, booking = split(Holding(lots, cost), happened(Action.SPLIT, numerator, denominator), mark, UNIT)

    before = Fraction(mark * lots * UNIT[0])
    worth = Fraction(mark * denominator, numerator) * after.lots * UNIT[0] + booking.cash
    assert abs(worth - before) <= 1
    assert booking.cash + booking.inventory + booking.fees + booking.realised == 0
    assert after.cost - cost == booking.inventory
    assert after.lots != 0 or after.cost == 0


def test_seven_new_for_one_old() -> None:
    after, booking = split(Holding(10, 6_000), happened(Action.SPLIT, 7, 1), 64_557, UNIT)

    assert after == Holding(70, 6_000)
    assert (booking.cash, booking.realised) == (0, 0)


def test_a_fraction_is_paid_out_with_its_share_of_the_cost() -> None:
    after, booking = split(Holding(25, 2_500), happened(Action.SPLIT, 1, 10), 3, (100, 1))

    assert after == Holding(2, 2_000, 1_000)
    assert (booking.cash, booking.inventory, booking.realised) == (1_500, -500, -1_000)


def test_a_dividend_is_paid_to_who_is_long_and_by_who_is_short() -> None:
    paid = happened(Action.CASH_DIVIDEND, amount=2_650_000)

    assert dividend(Holding(10, 5), paid)[0] == Holding(10, 5, 26_500_000)
    assert dividend(Holding(-2, 5), paid)[1].cash == -5_300_000


def bought() -> LedgerProcessor:
    """An account that bought 15 lots at 100 and saw a close at 101."""
    processor = ledger()
    list(processor.handle(fills([Deal(CLOSE_NS - 9, 1, 15, 100)])))
    list(processor.handle(bars(CLOSE_NS, {1: 101})))
    return processor


@pytest.mark.parametrize(
    "event",
    [happened(Action.SPLIT, 3, 2), happened(Action.SPLIT, 1, 4), happened(Action.CASH_DIVIDEND, amount=7)],
)
def test_the_postings_of_an_action_add_up_to_nothing_and_move_what_they_say(event: Event) -> None:
    processor = bought()
    before = processor.positions()[0]
    cash = processor.cash()[0].amount

    made = {out.stream.name: out for out in processor.handle(told(event))}

    sums: dict[int, int] = defaultdict(int)
    postings = made["postings"]
    for account, lots, amount in zip(
        *(postings[name].tolist() for name in ("ledger_account", "quantity", "amount_micro")), strict=True
    ):
        sums[account] += amount
        sums[0] += lots
    after = processor.positions()[0]
    assert sum(amount for account, amount in sums.items() if account) == 0
    assert after.lots - before.lots == sums[0]
    assert processor.cash()[0].amount - cash == sums[1]
    assert len(set(postings["posting_id"].tolist())) == len(postings)


def test_a_split_is_no_profit_at_the_next_close() -> None:
    processor, other = bought(), bought()
    list(processor.handle(told(happened(Action.SPLIT, 2, 1))))
    split_close = list(processor.handle(bars(2 * CLOSE_NS, {1: 51})))
    plain_close = list(other.handle(bars(2 * CLOSE_NS, {1: 102})))

    worth = [_navs(split_close), _navs(plain_close)]
    assert worth[0] == worth[1] != []


def test_what_is_not_held_is_not_moved() -> None:
    made = {
        out.stream.name for out in bought().handle(told(happened(Action.SPLIT, 2, 1)._replace(instrument=2)))
    }

    assert made <= {"nav"}


def test_renames_move_nothing_and_nonsense_is_refused_before_anything_is_booked() -> None:
    assert events(told(happened(Action.RENAME))) == []
    with pytest.raises(BadInput, match="split"):
        list(bought().handle(told(happened(Action.SPLIT, 0, 1))))
    with pytest.raises(BadInput, match="dividend"):
        list(bought().handle(told(happened(Action.CASH_DIVIDEND, amount=-1))))


def _navs(made: list[Block]) -> list[int]:
    return [int(value) for out in made if out.stream.name == "nav" for value in out["nav_micro"]]
