"""What a tick shows, and when the tape ends."""

from services.venue.floor import UNLIMITED
from services.venue.tape import around, end_of_tape, ours
from tests.fixtures.desks import floor


def test_our_share_is_at_least_a_lot_and_without_sizes_unlimited() -> None:
    assert [ours(size, 250_000) for size in (0, 1, 8)] == [UNLIMITED, 1, 2]


def test_a_price_without_quotes_gets_the_assumed_spread() -> None:
    assert around(floor(half_spread_ticks=3), 2) == (1, 5)


def test_the_tape_ends_at_the_close_after_its_last_tick() -> None:
    made = floor(interval_ns=100, origin_ns=30)
    for last, close in ((129, 130), (130, 230)):
        made.venue["last_tick_ns"] = last
        assert end_of_tape(made) == close
