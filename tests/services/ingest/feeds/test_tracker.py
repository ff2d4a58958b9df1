"""Duplicates go, holes are noticed once and filled once, books are followed or asked for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.feeds.events import DepthChange, DepthPicture, Pulse, Quote, Trade
from services.ingest.feeds.tracker import MOST_EARLY, MOST_MISSING, FeedTracker, MissedTrades, WantedBook


def trade(number: int, time_ns: int = 0) -> Trade:
    return Trade(1, time_ns or 10 * number, 100, 1, 1, number)


def quote(number: int) -> Quote:
    return Quote(1, 0, 10, 11, 1, 1, number)


def change(first: int, last: int) -> DepthChange:
    return DepthChange(1, 1_000, first, last, 0, ((10, 1),), ())


@given(st.lists(st.integers(1, 60), min_size=1))
def test_every_trade_is_given_once_and_every_hole_is_filled(numbers: list[int]) -> None:
    tracker, given_ = FeedTracker(), list[int]()
    for number in numbers:
        taken = tracker.take([trade(number)], 10_000)
        given_ += [row.tick.number for row in taken.ticks if isinstance(row.tick, Trade)]
        for want in taken.wants:
            assert isinstance(want, MissedTrades)
            filled = tracker.fill([trade(n) for n in range(want.first, want.last + 1)], 10_000)
            given_ += [row.tick.number for row in filled if isinstance(row.tick, Trade)]
    assert sorted(given_) == list(range(numbers[0], max(numbers) + 1))
    assert tracker.missing == {}
    assert tracker.counts.trades_filled == tracker.counts.trades_missed


def test_a_trade_of_a_hole_that_comes_by_itself_is_not_given_again() -> None:
    tracker = FeedTracker()
    tracker.take([trade(1), trade(4)], 0)
    assert [row.tick for row in tracker.take([trade(2)], 0).ticks] == [trade(2)]
    assert [row.tick for row in tracker.fill([trade(2), trade(3)], 0)] == [trade(3)]


def test_what_nobody_can_tell_any_more_is_counted_as_lost() -> None:
    tracker = FeedTracker()
    (want,) = tracker.take([trade(1), trade(5)], 0).wants
    tracker.fill([trade(3)], 0)
    assert isinstance(want, MissedTrades)
    assert tracker.give_up(want) == 2
    assert (tracker.counts.trades_missed, tracker.counts.trades_lost, tracker.counts.trades_filled) == (
        3,
        2,
        1,
    )


def test_of_a_very_long_hole_the_newest_trades_are_asked_for() -> None:
    tracker = FeedTracker()
    (want,) = tracker.take([trade(1), trade(MOST_MISSING + 100)], 0).wants
    assert want == MissedTrades(1, 100, MOST_MISSING + 99, 10)
    assert tracker.counts.trades_lost == 98


def test_a_pulse_shows_a_hole_before_the_next_trade_does() -> None:
    tracker = FeedTracker()
    tracker.take([trade(1)], 0)
    assert tracker.take([Pulse(1, 500, 3)], 510).wants == [MissedTrades(1, 2, 3, 10)]
    assert tracker.take([trade(4)], 520).wants == []


def test_a_hole_behind_an_earlier_process_is_a_hole() -> None:
    tracker = FeedTracker()
    tracker.starts_after(1, 7, 70)
    assert tracker.take([trade(10)], 0).wants == [MissedTrades(1, 8, 9, 70)]


def test_a_quote_older_than_the_last_one_is_not_given() -> None:
    tracker = FeedTracker()
    tracker.clock.seen(0, 0)
    taken = tracker.take([quote(5), quote(4), quote(5), quote(6)], 0)
    assert [row.tick for row in taken.ticks] == [quote(5), quote(6)]
    assert [row.tick for row in taken.doubled] == [quote(4), quote(5)]
    assert tracker.counts.duplicates == 2


def test_a_quote_without_a_time_gets_the_venues_time_of_its_receipt() -> None:
    tracker = FeedTracker()
    tracker.take([trade(1, time_ns=5_000)], 4_000)
    (row,) = tracker.take([quote(1)], 4_100).ticks
    assert (row.time_ns, row.received_ns) == (5_100, 4_100)


def test_a_book_is_asked_for_once_until_it_is_pictured() -> None:
    tracker = FeedTracker()
    assert tracker.take([change(5, 6)], 0).wants == [WantedBook(1)]
    assert tracker.take([change(7, 8)], 0).wants == []
    taken = tracker.take([DepthPicture(1, 0, 6, ((9, 1),), ())], 0)
    assert [each.said for each in taken.depth] == [DepthPicture(1, 0, 6, ((9, 1),), ()), change(7, 8)]
    assert tracker.take([change(11, 12)], 0).wants == [WantedBook(1)]
    assert tracker.counts.book_gaps == 1


def test_a_picture_that_is_too_old_is_asked_for_again() -> None:
    tracker = FeedTracker()
    tracker.take([change(5, 6)], 0)
    assert tracker.take([DepthPicture(1, 0, 3, (), ())], 0).wants == [WantedBook(1)]


def test_after_a_disconnection_every_book_is_asked_for_again() -> None:
    tracker = FeedTracker()
    tracker.take([change(5, 6), DepthPicture(1, 0, 6, ((9, 1),), ())], 0)
    tracker.disconnected()
    assert tracker.take([change(9, 9)], 0).wants == [WantedBook(1)]


def test_a_picture_that_never_came_is_asked_for_again_over_the_next_connection() -> None:
    tracker = FeedTracker()
    tracker.take([change(5, 6)], 0)
    tracker.disconnected()
    assert tracker.take([change(9, 9)], 0).wants == [WantedBook(1)]


def test_a_crossed_book_without_numbers_is_asked_for_again() -> None:
    tracker = FeedTracker()
    tracker.take([DepthPicture(1, 0, 0, ((9, 1),), ((11, 1),))], 0)
    crossing = DepthChange(1, 1, 0, 0, 0, ((11, 1),), ())
    assert tracker.take([crossing], 0).wants == [WantedBook(1)]
    assert not tracker.books[1].following


def test_quotes_wait_for_the_first_message_that_tells_the_venues_time() -> None:
    tracker = FeedTracker()
    assert tracker.take([quote(5)], 700).ticks == []
    taken = tracker.take([trade(1, 2_000)], 800)
    assert [(row.time_ns, row.received_ns) for row in taken.ticks] == [(1_900, 700), (2_000, 800)]
    assert tracker.counts.ticks == 2


def test_quotes_of_a_venue_that_never_tells_its_time_are_given_by_our_clock() -> None:
    tracker = FeedTracker()
    given_ = [row for n in range(MOST_EARLY + 5) for row in tracker.take([quote(n + 1)], 10 * n).ticks]
    assert len(given_) == MOST_EARLY
    given_ += tracker.rest()
    assert [row.time_ns for row in given_] == [10 * n for n in range(MOST_EARLY + 5)]
    assert tracker.counts.ticks == MOST_EARLY + 5


def test_a_change_whose_time_goes_back_keeps_its_place_in_the_book() -> None:
    tracker = FeedTracker()
    tracker.take([DepthPicture(1, 5_000, 10, (), ())], 0)
    later, earlier = change(11, 11)._replace(time_ns=9_000), change(12, 12)._replace(time_ns=8_000)
    rows = [row for said in (later, earlier) for row in tracker.take([said], 0).depth]
    assert [(row.time_ns, row.said) for row in rows] == [(9_000, later), (9_000, earlier)]
