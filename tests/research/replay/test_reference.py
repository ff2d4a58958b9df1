"""The reference hands over every row, in pieces of any size."""

from itertools import repeat

from research.replay.reference import pieces, whole
from tests.fixtures.market_day import day


def test_pieces_hold_every_row_once() -> None:
    bars = day(1).bars
    parts = pieces(bars, repeat(7))
    assert sum(len(part) for part in parts) == len(bars)
    assert len(pieces(bars.rows(0, 0), repeat(7))) == 1
    assert whole(bars) == (bars,)
