"""What risk holds is worth the same before and after a corporate action."""

from __future__ import annotations

import pytest

from services.risk.config import RiskConfig
from services.risk.processor import RiskProcessor
from shared.actions import Action, ActionRow, block_of
from shared.market import Instrument, Instruments
from shared.streams import BARS, FILLS
from tests.fixtures.blocks import block


@pytest.fixture
def risk() -> RiskProcessor:
    """An account that has bought eleven lots at 10.00, after a bar that closed at 10.00."""
    made = RiskProcessor(RiskConfig(), Instruments([Instrument(instrument=1, symbol="A")]), 0)
    bars = block(BARS, [10], watermark_ns=9, instrument=[1], high=[1010], low=[990], close=[1000])
    bought = block(FILLS, [11], watermark_ns=11, instrument=[1], side=[1], quantity=[11], price=[1000])
    for facts in (bars, bought):
        list(made.handle(facts))
    return made


def act(risk: RiskProcessor, *rows: ActionRow) -> None:
    """The actions as a block."""
    list(risk.handle(block_of(rows)))


def test_a_split_carries_lots_prices_and_ranges_over(risk: RiskProcessor) -> None:
    before = int(risk.desk.book["cash"][0])
    act(risk, ActionRow(12, 1, Action.SPLIT, 2, 1))
    holding = risk.desk.holdings[0]
    assert (holding.position, holding.close, holding.average_entry) == (22, 500, 500.0)
    assert (holding.range_sum, holding.ranges.sum()) == (10, 10)
    assert int(risk.desk.book["cash"][0]) == before


def test_a_fraction_of_a_lot_is_paid_out_at_the_last_close(risk: RiskProcessor) -> None:
    before = int(risk.desk.book["cash"][0])
    act(risk, ActionRow(12, 1, Action.SPLIT, 1, 2))
    assert risk.desk.holdings[0].position == 5
    assert int(risk.desk.book["cash"][0]) - before == 10_000_000


def test_a_dividend_is_cash_for_every_lot(risk: RiskProcessor) -> None:
    before = int(risk.desk.book["cash"][0])
    act(risk, ActionRow(12, 1, Action.CASH_DIVIDEND, amount=250_000))
    assert int(risk.desk.book["cash"][0]) - before == 11 * 250_000


def test_what_is_outside_the_universe_concerns_nobody(risk: RiskProcessor) -> None:
    before = risk.snapshot()
    act(risk, ActionRow(12, 9, Action.SPLIT, 2, 1), ActionRow(12, 1, Action.RENAME))
    assert risk.snapshot() == before
