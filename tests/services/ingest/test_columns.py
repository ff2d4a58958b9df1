"""Other people's tick tables, as our columns."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.columns import half_even_steps, ticks_from
from shared.failures import Refused
from shared.market import Instrument, Instruments
from shared.money import half_even


def table(**columns: object) -> pa.Table:
    return pa.table({"timestamp": [2, 1], "symbol": ["B", "A"], "price": [1.0, 2.0], **columns})


@given(
    st.decimals(-99_999, 99_999, places=4),
    st.sampled_from([Decimal("0.01"), Decimal("0.05"), Decimal("0.25"), Decimal(1), Decimal("0.0001")]),
)
def test_prices_round_like_money_half_to_even(value: Decimal, step: Decimal) -> None:
    ratio = Fraction(value) / Fraction(step)
    assert half_even_steps(np.array([float(value)]), step)[0] == half_even(ratio.numerator, ratio.denominator)


def test_a_price_between_two_ticks_goes_to_the_even_one() -> None:
    assert half_even_steps(np.array([10.005, 10.015, -0.005]), Decimal("0.01")).tolist() == [1000, 1002, 0]


@pytest.mark.parametrize("value", [float("inf"), 1e12, float("nan")])
def test_a_price_that_cannot_be_kept_is_refused(value: float) -> None:
    with pytest.raises(Refused, match="no price or size"):
        half_even_steps(np.array([1.0, value]), Decimal("0.01"))


def test_rows_are_sorted_by_time_and_unknown_symbols_named_once() -> None:
    instruments = Instruments()
    ticks, notes = ticks_from(table(), instruments, "x.csv")
    assert ticks["event_time_ns"].tolist() == [1, 2]
    assert [instruments[int(i)].symbol for i in ticks["instrument"]] == ["A", "B"]
    assert ticks["price"].tolist() == [200, 100]
    assert notes == ("x.csv: 2 unknown symbols got the default terms (tick 0.01, lot 1, USD): A, B",)


def test_known_symbols_keep_their_terms() -> None:
    instruments = Instruments([Instrument(instrument=9, symbol="B", tick=Decimal("0.5"), lot=Decimal("0.1"))])
    ticks, notes = ticks_from(table(size=[0.3, 7.0]), instruments, "x.csv")
    assert ticks["instrument"].tolist() == [10, 9]
    assert ticks["price"].tolist() == [200, 2]
    assert ticks["size"].tolist() == [7, 3]
    assert "1 unknown" in notes[0]


def test_missing_columns_and_empty_cells_are_zero() -> None:
    ticks, _ = ticks_from(table(bid=[None, 0.99]), Instruments(), "x.csv")
    assert ticks["bid"].tolist() == [99, 0]
    assert ticks["ask"].tolist() == [0, 0]


def test_a_row_is_what_it_says_else_what_it_looks_like() -> None:
    rows = {"timestamp": [1, 2, 3, 4], "symbol": ["A"] * 4}
    looks = pa.table(
        {**rows, "price": [1.0, None, 2.0, 1.0], "bid": [1.0] * 4, "high": [None, None, 3.0, None]}
    )
    ticks, _ = ticks_from(looks, Instruments(), "x")
    assert ticks["kind"].tolist() == [1, 2, 3, 1]
    says = looks.append_column("Kind", pa.array(["quote", "TRADE", "bar", None]))
    assert ticks_from(says, Instruments(), "x")[0]["kind"].tolist() == [2, 1, 3, 1]


def test_bars_come_with_close_and_volume() -> None:
    bars = pa.table(
        {
            "Time": [1],
            "Ticker": ["A"],
            "Open": [1.0],
            "High": [2.0],
            "Low": [0.5],
            "Close": [1.5],
            "Volume": [10],
        }
    )
    ticks, _ = ticks_from(bars, Instruments(), "x")
    found = [int(ticks[name][0]) for name in ("kind", "open", "high", "low", "price", "size")]
    assert found == [3, 100, 200, 50, 150, 10]


def test_sides_are_read_as_words_letters_or_signs() -> None:
    ticks, _ = ticks_from(table(side=["Buy", "s"]), Instruments(), "x")
    assert ticks["side"].tolist() == [-1, 1]


@pytest.mark.parametrize(
    "stamps",
    [
        pa.array(["2024-01-02T03:04:05.000000006Z", "2024-01-02T03:04:05Z"]),
        pa.array([1_704_164_645_000_000_006, 1_704_164_645_000_000_000], pa.timestamp("ns", tz="UTC")),
        pa.array([1_704_164_645_000_000_006, 1_704_164_645_000_000_000]),
    ],
)
def test_times_are_nanoseconds_or_rfc_3339(stamps: pa.Array) -> None:
    ticks, _ = ticks_from(table(timestamp=stamps), Instruments(), "x")
    assert ticks["event_time_ns"].tolist() == [1_704_164_645_000_000_000, 1_704_164_645_000_000_006]


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (table().drop(["symbol"]), "x has no column symbol; it has price, timestamp"),
        (table().drop(["timestamp"]), "x has no column timestamp"),
        (table().drop(["price"]), "none of the columns bid, ask and price"),
        (table().slice(0, 0), "x holds no rows"),
        (table(timestamp=["noon", "one"]), "nanoseconds or RFC 3339"),
        (table(timestamp=[1.5, 2.5]), "nanoseconds or RFC 3339"),
        (table(timestamp=[1, None]), "a row without a timestamp"),
        (table(symbol=["A", None]), "a row without a symbol"),
        (table(price=["one", "two"]), "price wants numbers"),
        (table(price=[1.0, 1e300]), "x: price: 1e\\+300 is no price"),
    ],
)
def test_a_table_that_cannot_be_ticks_is_refused_in_one_line(bad: pa.Table, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence) as refusal:
        ticks_from(bad, Instruments(), "x")
    assert "\n" not in str(refusal.value)
