"""Equity and gross are measured at the closes; ids name the point of decision."""

from services.risk.decision import derived, measure
from shared.ids import derive
from tests.fixtures.desks import desk


def test_working_entries_count_as_exposure() -> None:
    made = desk()
    made.book["close_ns"] = made.holdings["bar_ns"] = 5
    made.holdings["position"], made.holdings["entry_left"] = -30, 20
    measure(made)
    assert made.book["equity"][0] == made.book["cash"][0] - 30 * 10_000 * 10_000
    assert made.book["gross"][0] == 50 * 10_000 * 10_000


def test_an_old_price_is_no_equity() -> None:
    made = desk(max_data_age_ns=10)
    made.book["close_ns"], made.holdings["bar_ns"], made.holdings["position"] = 20, 5, 1
    measure(made)
    assert made.book["marks_are_fresh"][0] == 0


def test_an_id_is_the_decision_point_and_the_configuration() -> None:
    made = desk(book=3, strategy=4)
    made.book["close_ns"] = 77
    config = int(made.policy["config"][0])
    assert derived(made, made.holdings[0], 1) == derive(config, 0, 3, 4, 1, 77, 1)
