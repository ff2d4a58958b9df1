"""Rows come out as one block a table, in the order that the table declares."""

from __future__ import annotations

from services.ledger.account import Owner, Slot
from services.ledger.booking import Booking, Holding
from services.ledger.rows import Rows

SLOT = Slot(Owner(0, 0, 0, 0), 7)


def test_legs_that_move_nothing_are_left_out() -> None:
    rows = Rows(3)

    rows.posted((1, SLOT), Booking(cash=-10, inventory=10, fees=0, realised=0), 2, (5, 6))

    (block,) = rows.blocks(1)
    legs = zip(
        *(block[name].tolist() for name in ("ledger_account", "quantity", "amount_micro")), strict=True
    )
    assert set(legs) == {(1, 0, -10), (2, 2, 10)}
    assert block.partition == 3


def test_only_tables_with_rows_give_blocks() -> None:
    rows = Rows(0)
    assert list(rows.blocks(1)) == []

    rows.position((1, SLOT), Holding(2, 10, 0, 0), 5, 10)

    assert [block.stream.name for block in rows.blocks(9)] == ["positions"]
