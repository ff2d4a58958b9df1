"""What a venue said stands in the columns where everyone looks for it."""

from __future__ import annotations

from services.ingest.feeds.events import Candle, DepthChange, DepthPicture, Quote, Tick, Trade
from services.ingest.feeds.rows import DepthRows, Received, deltas_block, ticks_block


def row_of(tick: Tick) -> dict[str, int]:
    block = ticks_block([Received(5, 9, tick)])
    return {name: int(block[name][0]) for name in block.stream.names if block[name][0]}


def test_a_trade_has_price_size_side_and_number() -> None:
    assert row_of(Trade(1, 5, 100, 3, -1, 77, 4)) == {
        "event_time_ns": 5,
        "instrument": 1,
        "kind": 1,
        "side": -1,
        "conditions": 4,
        "price": 100,
        "size": 3,
        "venue_seq": 77,
        "received_ns": 9,
    }


def test_a_quote_has_both_sides_and_no_price() -> None:
    said = row_of(Quote(1, 0, 10, 12, 3, 4, 8))
    assert (said["bid"], said["ask"], said["bid_size"], said["ask_size"]) == (10, 12, 3, 4)
    assert said["kind"] == 2
    assert "price" not in said


def test_a_candle_has_its_range_and_closes_at_its_price() -> None:
    said = row_of(Candle(1, 5, 10, 14, 9, 12, 600))
    assert (said["open"], said["high"], said["low"], said["price"], said["size"]) == (10, 14, 9, 12, 600)
    assert said["kind"] == 3


def test_a_change_is_a_row_a_level_and_a_picture_says_so() -> None:
    changed = DepthRows(5, DepthChange(1, 5, 1, 2, 0, ((10, 1),), ((11, 0), (12, 3))))
    block = deltas_block([changed, DepthRows(6, DepthPicture(1, 0, 9, ((10, 7),), ()))])
    assert block["side"].tolist() == [1, -1, -1, 1]
    assert block["price"].tolist() == [10, 11, 12, 10]
    assert block["size"].tolist() == [1, 0, 3, 7]
    assert block["venue_seq"].tolist() == [2, 2, 2, 9]
    assert block["snapshot"].tolist() == [0, 0, 0, 1]


def test_nothing_said_is_no_rows() -> None:
    assert len(ticks_block([])) == len(deltas_block([])) == 0
