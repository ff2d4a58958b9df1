"""Averages and ranges are kept as they should be."""

import numpy as np

from services.risk.facts import average_entry, slot_of, take_bar, take_predictions
from services.risk.processor import slots_of
from services.risk.state import RANGES
from shared.streams import CANARY, SHADOW
from tests.fixtures.desks import desk
from tests.fixtures.market_day import instruments

OUTLIER = 2


def test_selling_does_not_change_the_average_and_turning_starts_anew() -> None:
    assert average_entry(100.0, 10, 10, 110) == 105.0
    assert average_entry(105.0, 20, -5, 999) == 105.0
    assert average_entry(105.0, 20, -30, 90) == 90.0
    assert average_entry(105.0, 20, -20, 90) == 0.0


def test_the_average_range_is_of_the_last_bars_with_their_gaps() -> None:
    made = desk()
    made.holdings["close"] = 0
    for close in range(1, RANGES + 3):
        take_bar(made, 0, close, 110, 90, 100)
    take_bar(made, 0, 99, 150, 140, 145)
    assert made.holdings["range_sum"][0] == 20 * (RANGES - 1) + 50


def test_a_bar_that_cannot_be_leaves_no_price_and_no_range() -> None:
    made = desk()
    take_bar(made, 0, 1, 90, 110, 100)
    assert (made.holdings["close"][0], made.holdings["bars"][0]) == (0, 0)


def test_an_instrument_outside_the_universe_has_no_holding() -> None:
    slots = slots_of(list(instruments(2)))
    assert [slot_of(slots, i) for i in (-1, 0, 1, 2, 3)] == [-1, -1, 0, 1, -1]


def test_a_shadows_prediction_is_not_taken_whatever_it_says() -> None:
    made = desk()
    slots = slots_of(list(instruments(1)))
    rows = tuple(np.array(column) for column in ([1, 1], [5, 5], [7, 8], [0, SHADOW], [9, 9]))
    chances = np.array([[0.2, 0.3, 0.5], [0.9, 0.05, 0.05]])
    take_predictions(made, slots, rows, chances, 0, 2)
    holding = made.holdings[slots[1]]
    assert (holding["model"], holding["p_sell"], holding["p_buy"]) == (7, 0.2, 0.5)


def test_a_book_for_canaries_takes_the_canarys_rows_and_no_other() -> None:
    slots = slots_of(list(instruments(1)))
    flags = [0, SHADOW, SHADOW | CANARY | OUTLIER]
    rows = tuple(np.array(column) for column in ([1] * 3, [5] * 3, [7, 8, 9], flags, [9] * 3))
    chances = np.array([[0.2, 0.3, 0.5], [0.9, 0.05, 0.05], [0.1, 0.2, 0.7]])
    for trades, model, notes in (("active", 7, 0), ("canary", 9, OUTLIER)):
        made = desk(trades=trades)
        take_predictions(made, slots, rows, chances, 0, 3)
        holding = made.holdings[slots[1]]
        assert (holding["model"], holding["notes"]) == (model, notes)


def test_a_book_with_a_horizon_takes_that_one_of_several() -> None:
    slots = slots_of(list(instruments(1)))
    rows = tuple(np.array(column) for column in ([1] * 3, [5] * 3, [7, 8, 9], [0] * 3, [10, 20, 50]))
    chances = np.full((3, 3), 1 / 3)
    for horizon_ns, model in ((10, 7), (20, 8), (50, 9)):
        made = desk(horizon_ns=horizon_ns)
        take_predictions(made, slots, rows, chances, 0, 3)
        assert made.holdings["model"][slots[1]] == model
