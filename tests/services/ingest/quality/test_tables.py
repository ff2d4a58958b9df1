"""Columns that change places."""

from __future__ import annotations

from services.ingest.quality.tables import check_pair, put_right

LOWS, HIGHS = [10.0, 20.0, float("nan"), 5.0], [12.0, 25.0, 7.0, 9.0]


def test_columns_in_their_place_say_nothing() -> None:
    found = check_pair({"low": LOWS, "high": HIGHS}, "low", "high")

    assert (found.rows, found.wrong, found.words) == (3, 0, "")


def test_columns_that_changed_places_are_found_and_can_be_put_right() -> None:
    table = {"low": HIGHS, "high": LOWS, "price": [11.0, 26.0, 1.0, 6.0]}
    found = check_pair(table, "low", "high", "price")

    assert found.words == "low and high are swapped in 3 of 3 rows"
    assert found.outside == 1
    assert put_right(table, found)["low"] is LOWS


def test_a_row_gone_wrong_is_no_swap() -> None:
    table = {"low": [10.0, 30.0, 1.0], "high": [12.0, 25.0, 7.0]}
    found = check_pair(table, "low", "high")

    assert found.words == "low is above high in 1 of 3 rows"
    assert put_right(table, found) is table
