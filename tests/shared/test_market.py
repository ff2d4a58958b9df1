"""Instruments keep their meaning, and what they are worth is exact."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.market import Instrument, Instruments, money_of
from shared.money import Overflow, decimal

FINE = Instrument(instrument=1, symbol="FINE", tick=Decimal("0.0005"), multiplier=Decimal("50"))


@given(st.integers(-(10**6), 10**6), st.integers(-(10**5), 10**5))
def test_value_is_price_times_lots_times_multiplier(price: int, lots: int) -> None:
    assert decimal(FINE.value(price, lots)) == price * FINE.tick * lots * FINE.multiplier


def test_a_value_that_does_not_fit_is_refused() -> None:
    with pytest.raises(Overflow):
        FINE.value(10**12, 10**12)


@pytest.mark.parametrize(
    ("terms", "complaint"),
    [
        ({"symbol": ""}, "wants a symbol"),
        ({"tick": Decimal(0)}, "must be positive"),
        ({"currency": "ABC"}, "currency ABC is not one of"),
        ({"sector": "Fun"}, "sector Fun is not one of"),
    ],
)
def test_terms_that_make_no_sense_are_refused(terms: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Instrument(**{"instrument": 1, "symbol": "A", **terms})  # type: ignore[arg-type]


def test_an_id_never_changes_its_meaning() -> None:
    table = Instruments([FINE])
    table.add(FINE)
    with pytest.raises(ValueError, match="already FINE"):
        table.add(Instrument(instrument=1, symbol="OTHER"))


def test_an_unknown_symbol_gets_default_terms_and_the_next_id() -> None:
    table = Instruments([FINE])
    assert table.default("NEW").instrument == 2
    assert table.default("FINE") is FINE
    assert [row.symbol for row in table] == ["FINE", "NEW"]


def test_other_terms_are_another_table() -> None:
    assert Instruments([FINE]).hash == Instruments([FINE]).hash
    assert Instruments([FINE]).hash != Instruments([Instrument(instrument=1, symbol="FINE")]).hash


@pytest.mark.parametrize(
    ("priced", "money"),
    [(["USDT"], "USDT"), (["EUR", "EUR"], "EUR"), (["EUR", "USDT", "USD"], "USD"), ([], "USD")],
)
def test_the_money_of_a_book_is_what_its_market_is_priced_in(priced: list[str], money: str) -> None:
    told = (Instrument(instrument=n, symbol=f"S{n}", currency=name) for n, name in enumerate(priced, 1))
    assert money_of(Instruments(told)) == money
