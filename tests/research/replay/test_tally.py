"""A tally is of what happened, not of the order in which it was written down."""

from __future__ import annotations

import msgspec
import numpy as np

from research.replay.tally import Rows, tally
from shared.block import Block
from shared.digest import CashLine, PositionLine
from shared.streams import FILLS, ORDERS, VERDICTS
from tests.fixtures.stores import rows_of


def rows(fills: Block) -> Rows:
    return Rows(
        verdicts=rows_of(VERDICTS, 5),
        orders=rows_of(ORDERS, 4),
        fills=fills,
        positions=[PositionLine(0, 0, 0, 0, 1, 5, 10, 0, 0), PositionLine(1, 0, 0, 0, 1, 5, 10, 0, 0)],
        cash=[CashLine(0, 0, 1_500_000)],
        navs={0: 1_500_000, 1: 250_000},
    )


def test_it_counts_and_adds_up() -> None:
    made = tally(rows(rows_of(FILLS, 6)))
    assert (made.verdicts, made.orders, made.fills) == (5, 4, 6)
    assert (made.nav, made.navs) == ("1.750000", {"0": "1.500000", "1": "0.250000"})


def test_the_order_of_the_rows_is_no_difference() -> None:
    fills = rows_of(FILLS, 6)
    turned = rows(fills.take(np.arange(6)[::-1]))
    turned = msgspec.structs.replace(turned, positions=turned.positions[::-1])
    assert tally(turned) == tally(rows(fills))


def test_one_other_fill_is_another_ledger() -> None:
    one, other = tally(rows(rows_of(FILLS, 6))), tally(rows(rows_of(FILLS, 6, seed=2)))
    assert one.ledger_sha256 != other.ledger_sha256
    assert one.parts["fills"] != other.parts["fills"]
    assert one.parts["orders"] == other.parts["orders"]
