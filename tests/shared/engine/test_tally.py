"""The rows of a commit are counted for whoever watches, by account and in words."""

from __future__ import annotations

from shared import metrics as m
from shared.block import Block
from shared.engine.tally import COUNTED
from shared.orders import Action, Reason, Status
from shared.streams import FILLS, ORDER_EVENTS, ORDERS, VERDICTS
from shared.verdicts import Verdict
from tests.fixtures.blocks import block


def counted(rows: Block) -> dict[str, float]:
    metrics = m.Metrics("risk")
    COUNTED[rows.stream.name](metrics, rows)
    lines = [line for line in metrics.text().decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def value(found: dict[str, float], *parts: str) -> float:
    (only,) = [v for name, v in found.items() if all(p in name for p in parts)]
    return only


def test_verdicts_are_counted_by_their_word_and_closes_once() -> None:
    outcomes = [Verdict.ENTERED, Verdict.HELD, Verdict.HELD]
    found = counted(block(VERDICTS, [10, 10, 20], watermark_ns=20, account=[4] * 3, verdict=outcomes))
    assert value(found, m.VERDICTS.name, '"4"', '"held"') == 2.0
    assert value(found, m.DECISIONS.name, '"4"') == 2.0
    assert value(found, m.HALTED.name, '"4"') == 0.0


def test_orders_and_fills_are_counted_row_by_row() -> None:
    orders = block(ORDERS, [1, 1], watermark_ns=1, account=[0, 1], action=[Action.PLACE] * 2)
    assert value(counted(orders), m.ORDERS.name, '"1"', '"place"') == 1.0
    fills = block(FILLS, [1, 1], watermark_ns=1, account=[0, 0], side=[1, -1])
    assert value(counted(fills), m.FILLS.name, '"0"', '"sell"') == 1.0


def test_a_halted_account_is_seen_at_once() -> None:
    found = counted(block(VERDICTS, [10], watermark_ns=10, account=[0], verdict=[Verdict.HALTED]))
    assert value(found, m.HALTED.name) == 1.0


def test_positions_are_counted_as_the_last_close_found_them() -> None:
    closes = block(
        VERDICTS, [10, 10, 20, 20], watermark_ns=20, verdict=[Verdict.HELD] * 4, position=[3, 4, 0, -5]
    )
    assert value(counted(closes), m.POSITIONS_OPEN.name) == 1.0


def test_rejections_are_counted_by_their_reason() -> None:
    events = block(
        ORDER_EVENTS,
        [1, 1],
        watermark_ns=1,
        status=[Status.REJECTED, Status.ACCEPTED],
        reason=[Reason.BAD_PRICE, Reason.NONE],
    )
    assert value(counted(events), m.REJECTIONS.name, '"bad_price"') == 1.0
