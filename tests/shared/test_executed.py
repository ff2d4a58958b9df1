"""The fills log says more than what traded; whoever counts money asks for what traded."""

from shared.executed import executed
from shared.streams import FILLS
from tests.fixtures.market_day import block


def test_a_row_of_no_lots_did_not_trade() -> None:
    fills = block(FILLS, 3, event_time_ns=[1, 2, 3], exec_id=[7, 0, 8], quantity=[5, 0, 6], partition=2)
    assert executed(fills)["exec_id"].tolist() == [7, 8]
    assert (executed(fills).watermark_ns, executed(fills).partition) == (fills.watermark_ns, 2)


def test_where_all_rows_traded_the_block_is_as_it_was() -> None:
    fills = block(FILLS, 2, quantity=[5, 6])
    assert executed(fills) is fills
    assert len(executed(FILLS.empty(watermark_ns=9))) == 0
