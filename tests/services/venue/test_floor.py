"""The order table grows without moving what it holds."""

from services.venue.floor import slots_of, with_room_for_orders, with_room_for_reports
from tests.fixtures.desks import floor
from tests.fixtures.market_day import instruments


def test_every_free_place_is_on_the_list_of_free_places() -> None:
    made = with_room_for_orders(floor(), 200)
    place, seen = int(made.venue["free"][0]), set()
    while place >= 0:
        seen.add(place)
        place = int(made.orders["after"][place])
    assert seen == set(range(len(made.orders)))


def test_reports_that_were_told_stay() -> None:
    made = floor()
    made.reports["price"][0], made.venue["told"] = 42, 1
    assert with_room_for_reports(made, 5000).reports["price"][0] == 42


def test_an_unknown_instrument_is_the_market_of_the_unlisted() -> None:
    assert slots_of(list(instruments(2))).tolist() == [2, 0, 1]
