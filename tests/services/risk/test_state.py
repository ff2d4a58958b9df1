"""A book starts with its cash and nothing known."""

from tests.fixtures.desks import desk


def test_a_book_starts_flat_with_its_cash_and_no_price() -> None:
    made = desk()
    assert made.book["cash"][0] == 10**12
    assert made.holdings["position"].tolist() == [0]
    assert made.holdings["numerator"][0] == 10_000
