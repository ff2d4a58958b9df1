"""A book is right after every change, or says that it is not to be trusted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.feeds.book import BookFollower, Side, Top
from services.ingest.feeds.events import DepthChange, DepthPicture, Level

LEVELS = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 3)), max_size=8)


def change(
    first: int, last: int, *bids: Level, asks: tuple[Level, ...] = (), previous: int = 0
) -> DepthChange:
    return DepthChange(1, 0, first, last, previous, bids, asks)


def picture(last: int, *bids: Level, asks: tuple[Level, ...] = ()) -> DepthPicture:
    return DepthPicture(1, 0, last, bids, asks)


@given(st.lists(LEVELS, max_size=30), st.sampled_from([-1, 1]))
def test_the_best_level_is_the_best_of_what_rests(changes: list[list[Level]], sign: int) -> None:
    side, rests = Side(sign), dict[int, int]()
    for levels in changes:
        side.change(levels)
        rests.update(levels)
        rests = {price: size for price, size in rests.items() if size}
        best = min(rests, key=lambda price: sign * price, default=0)
        assert side.best() == (best, rests.get(best, 0))


def test_a_side_that_changes_for_ever_does_not_grow() -> None:
    side = Side(1)
    for price in range(1, 5_000):
        side.change([(price, 1), (price - 1, 0)])
    assert len(side._heap) < 200
    assert side.best() == (4_999, 1)


def test_changes_before_the_picture_wait_and_go_on_from_it() -> None:
    book = BookFollower()
    assert book.change(change(5, 6, (10, 1))) == []
    assert book.change(change(7, 9, (11, 2))) == []
    applied = book.picture(picture(6, (8, 5), asks=((20, 1),)))
    assert applied == [change(7, 9, (11, 2))]
    assert book.top() == Top(11, 2, 20, 1)
    assert book.number == 9


def test_a_change_that_straddles_the_picture_is_applied_whole() -> None:
    book = BookFollower()
    book.change(change(5, 9, (10, 1)))
    assert book.picture(picture(7, (8, 5))) == [change(5, 9, (10, 1))]
    assert book.following


def test_a_picture_older_than_all_that_waits_is_not_taken() -> None:
    book = BookFollower()
    book.change(change(10, 12, (10, 1)))
    assert book.picture(picture(8, (8, 5))) is None
    assert not book.following
    assert book.picture(picture(9, (8, 5))) == [change(10, 12, (10, 1))]


def test_a_gap_loses_the_book_until_the_next_picture() -> None:
    book = BookFollower()
    book.picture(picture(5, (8, 5)))
    assert book.change(change(7, 8, (9, 1))) == []
    assert not book.following
    assert book.gaps == 1
    assert book.picture(picture(7, (8, 4))) == [change(7, 8, (9, 1))]
    assert book.top().bid == 9


def test_an_old_change_changes_nothing() -> None:
    book = BookFollower()
    book.picture(picture(5, (8, 5)))
    assert book.change(change(3, 5, (8, 0))) == []
    assert book.following
    assert book.top().bid == 8


def test_a_change_that_names_its_predecessor_follows_only_that_one() -> None:
    book = BookFollower()
    book.picture(picture(5))
    assert book.change(change(4, 9, (8, 1), previous=3))
    assert book.change(change(12, 15, (9, 1), previous=9))
    assert book.change(change(17, 19, (10, 1), previous=16)) == []
    assert not book.following


def test_changes_without_numbers_follow_while_the_book_does() -> None:
    book = BookFollower()
    assert book.change(change(0, 0, (9, 1))) == []
    book.picture(picture(0, (8, 5)))
    assert book.change(change(0, 0, (10, 1)))
    assert book.top().bid == 10


def test_a_bid_at_the_ask_is_crossed() -> None:
    assert Top(10, 1, 10, 1).is_crossed
    assert not Top(0, 0, 10, 1).is_crossed
    assert not Top(9, 1, 10, 1).is_crossed
