"""Other people's tick tables, as our columns."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.files.checking import BELOW_GRID, NOT_A_NUMBER, OFF_GRID_PRICE, OFF_GRID_SIZE, RawTicks
from services.ingest.files.columns import Columns, half_even_steps
from services.ingest.files.options import ReadOptions
from shared.block import Block
from shared.failures import Refused
from shared.market import Instrument, Instruments
from shared.money import half_even


def ticks_from(rows: pa.Table, instruments: Instruments, source: str) -> tuple[Block, tuple[str, ...]]:
    """What is made of a table: sorted ticks and notes."""
    columns = Columns(rows.column_names, instruments, ReadOptions(), source)
    return columns.rows(rows, 1).ticks.sorted(), columns.notes


def raw(rows: pa.Table, options: ReadOptions | None = None) -> tuple[Columns, RawTicks]:
    """The reader of a table, and its rows."""
    columns = Columns(rows.column_names, Instruments(), options or ReadOptions(), "x")
    return columns, columns.rows(rows, 1)


def table(**columns: object) -> pa.Table:
    return pa.table({"timestamp": [2 * 10**17, 10**17], "symbol": ["B", "A"], "price": [1.0, 2.0], **columns})


@given(
    st.decimals(-99_999, 99_999, places=4),
    st.sampled_from([Decimal("0.01"), Decimal("0.05"), Decimal("0.25"), Decimal(1), Decimal("0.0001")]),
)
def test_prices_round_like_money_half_to_even(value: Decimal, step: Decimal) -> None:
    ratio = Fraction(value) / Fraction(step)
    assert half_even_steps(np.array([float(value)]), step)[0] == half_even(ratio.numerator, ratio.denominator)


def test_a_price_between_two_ticks_goes_to_the_even_one() -> None:
    assert half_even_steps(np.array([10.005, 10.015, -0.005]), Decimal("0.01")).tolist() == [1000, 1002, 0]


def test_rows_are_sorted_by_time_and_unknown_symbols_named_once() -> None:
    instruments = Instruments()
    ticks, notes = ticks_from(table(), instruments, "x.csv")
    assert ticks["event_time_ns"].tolist() == [10**17, 2 * 10**17]
    assert [instruments[int(i)].symbol for i in ticks["instrument"]] == ["A", "B"]
    assert ticks["price"].tolist() == [200, 100]
    assert notes == ("x.csv: 2 unknown symbols got the default terms (tick 0.01, lot 1, USD): B, A",)


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
        (table().drop(["symbol"]), "x has no column symbol; it has timestamp, price"),
        (table().drop(["timestamp"]), "x has no column timestamp"),
        (table().drop(["price"]), "none of the columns bid, ask and price"),
        (table(timestamp=["noon", "one"]), "a count since 1970 or RFC 3339"),
        (table(timestamp=[1.5, 2.5]), "whole numbers keep every nanosecond"),
        (table(price=["one", "two"]), "price wants numbers"),
    ],
)
def test_a_table_that_cannot_be_ticks_is_refused_in_one_line(bad: pa.Table, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence) as refusal:
        ticks_from(bad, Instruments(), "x")
    assert "\n" not in str(refusal.value)


@given(
    st.lists(st.integers(-(10**11), 10**11), min_size=1, max_size=50),
    st.sampled_from([Decimal("0.01"), Decimal("0.05"), Decimal("0.25"), Decimal(1), Decimal("0.00001")]),
)
def test_a_double_that_is_a_number_of_ticks_is_known_to_be_one(steps: list[int], tick: Decimal) -> None:
    rows = table(
        timestamp=[10**17] * len(steps), symbol=["A"] * len(steps), price=[float(n * tick) for n in steps]
    )
    _, found = raw(rows, ReadOptions(tick=tick))
    assert found.ticks["price"].tolist() == steps
    assert not found.flags.any()


@given(st.integers(1, 10**9), st.integers(1, 9))
def test_a_double_between_two_ticks_is_never_taken_for_one(steps: int, tenth: int) -> None:
    columns, found = raw(table(price=[float(Decimal(steps) / 100 + Decimal(tenth) / 1000), 1.0]))
    assert found.flags.tolist() == [OFF_GRID_PRICE, 0]
    assert "1 rows have a price between two ticks" in columns.notes[-1]


def test_a_price_that_vanishes_in_the_grid_is_marked_and_a_price_of_nothing_is_not() -> None:
    columns, found = raw(table(price=[0.00000123, 0.0], size=[0.2, 1.0]))
    assert found.flags.tolist() == [OFF_GRID_PRICE | OFF_GRID_SIZE | BELOW_GRID, 0]
    assert columns.notes[-1].endswith(
        "1 rows have a price below half a tick, none of which is used; give a finer --tick"
    )


def test_single_precision_and_decimals_keep_their_digits() -> None:
    singles = pa.array([187.15, 0.07], pa.float32())
    exact = pa.array([Decimal("187.15"), Decimal("0.07")], pa.decimal128(10, 2))
    for prices in (singles, exact):
        _, found = raw(table(price=prices))
        assert found.ticks["price"].tolist() == [18715, 7]
        assert not found.flags.any()


def test_what_cannot_be_kept_is_flagged_or_counted_row_by_row() -> None:
    rows = pa.table(
        {
            "timestamp": [10**17, None, 10**17, 10**17, 10**17],
            "symbol": ["A", "A", None, "A", "A"],
            "price": [1.0, 1.0, 1.0, float("inf"), 1e300],
        }
    )
    columns, found = raw(rows)
    assert found.lines.tolist() == [1, 4]
    assert found.flags.tolist() == [0, NOT_A_NUMBER]
    assert len(columns.unreadable) == 3
    assert [fault.line for fault in columns.unreadable.examples] == [2, 3, 5]


def test_bare_timestamps_want_a_zone() -> None:
    rows = table(timestamp=pa.array([10**9, 2 * 10**9], pa.timestamp("s")))
    with pytest.raises(Refused, match="name no zone; say which it is with --tz"):
        raw(rows)
    _, found = raw(rows, ReadOptions(tz="America/New_York"))
    assert found.ticks["event_time_ns"].tolist() == [10**18 + 4 * 3600 * 10**9, 2 * 10**18 + 4 * 3600 * 10**9]


def test_a_date_is_the_end_of_its_day() -> None:
    _, found = raw(table(timestamp=pa.array([0, 1], pa.date32())), ReadOptions(tz="UTC"))
    assert found.ticks["event_time_ns"].tolist() == [86_400 * 10**9 - 1, 2 * 86_400 * 10**9 - 1]


@pytest.mark.parametrize("count", [1_704_164_645, 1_704_164_645_000, 1_704_164_645_000_000])
def test_counts_are_told_by_their_size(count: int) -> None:
    _, found = raw(table(timestamp=[count, count]))
    assert found.ticks["event_time_ns"].tolist() == [1_704_164_645 * 10**9] * 2
