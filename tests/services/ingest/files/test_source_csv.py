"""CSV files as rows: exact, by name, and nothing good lost."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.files.checking import BELOW_GRID, NOT_A_NUMBER, OFF_GRID_PRICE, OFF_GRID_SIZE
from services.ingest.files.options import ReadOptions
from services.ingest.files.source_csv import CsvReader
from services.ingest.files.source_text import TextFile
from shared.failures import Refused
from shared.market import Instrument, Instruments
from shared.time import DAY_NS, SECOND_NS
from tests.fixtures.tick_files import HEADER, column, file_of, read_all, row

NOON = 1_767_614_400 * SECOND_NS


def test_ticks_quotes_and_bars_are_read_by_their_columns(tmp_path: Path) -> None:
    text = (
        "TS, Ticker ,BP,AP,Bid_Size,Ask Size,Last,Vol,Open,High,Low,Side\n"
        "2026-01-05T12:00:00Z,A,9.99,10.01,3,4,,,,,,\n"
        "2026-01-05T12:00:01Z,A,,,,,10.01,7,,,,sell\n"
        "2026-01-05T12:00:02Z,A,,,,,10.5,70,10,11,9.5,\n"
    )
    reader, chunks = read_all(file_of(tmp_path, text))
    assert column(chunks, "kind") == [2, 1, 3]
    assert column(chunks, "bid") == [999, 0, 0]
    assert column(chunks, "ask_size") == [4, 0, 0]
    assert column(chunks, "price") == [0, 1001, 1050]
    assert column(chunks, "high") == [0, 0, 1100]
    assert column(chunks, "side") == [0, -1, 0]
    assert [line for chunk in chunks for line in chunk.lines.tolist()] == [2, 3, 4]
    assert not len(reader.unreadable)


@given(st.lists(st.decimals("-99999999", "99999999", places=4), min_size=1, max_size=20))
@settings(max_examples=30)
def test_every_digit_of_a_price_counts(
    tmp_path_factory: pytest.TempPathFactory, prices: list[Decimal]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_text(HEADER + "".join(row(0, f"{price:f}") for price in prices))
    _, chunks = read_all(path, ReadOptions(tick=Decimal("0.0001")))
    assert column(chunks, "price") == [int(price.scaleb(4)) for price in prices]
    assert not any(chunk.flags.any() for chunk in chunks)


@pytest.mark.parametrize(
    ("price", "steps", "flag"),
    [
        ("10.005", 1000, OFF_GRID_PRICE),
        ("0.004", 0, OFF_GRID_PRICE | BELOW_GRID),
        ("-0.00000123", 0, OFF_GRID_PRICE | BELOW_GRID),
        ("0.006", 1, OFF_GRID_PRICE),
        ("0.000", 0, 0),
        ("10.015", 1002, OFF_GRID_PRICE),
        ("1.05e1", 1050, 0),
        ("+10.5000000000000000000", 1050, 0),
        ("105E-1", 1050, 0),
        ('"10.5"', 1050, 0),
        (" 10.5 ", 1050, 0),
        ("nan", 0, NOT_A_NUMBER),
        ("-inf", 0, NOT_A_NUMBER),
        ("null", 0, 0),
        ("", 0, 0),
    ],
)
def test_a_price_is_rounded_only_where_that_is_said(
    tmp_path: Path, price: str, steps: int, flag: int
) -> None:
    _, chunks = read_all(file_of(tmp_path, HEADER + row(0, price)))
    assert column(chunks, "price") == [steps]
    assert chunks[0].flags.tolist() == [flag]


def test_an_instrument_keeps_its_own_grid(tmp_path: Path) -> None:
    terms = Instrument(instrument=9, symbol="A", tick=Decimal("0.25"), lot=Decimal("0.001"))
    reader, chunks = read_all(
        file_of(tmp_path, HEADER + row(0, "10.25", size="0.0015")), instruments=Instruments([terms])
    )
    assert column(chunks, "instrument") == [9]
    assert column(chunks, "price") == [41]
    assert column(chunks, "size") == [2]
    assert chunks[0].flags.tolist() == [OFF_GRID_SIZE]
    assert reader.notes == ("x.csv: 1 rows have a size between two lots, rounded; --lot gives another grid",)


@pytest.mark.parametrize(
    ("stamp", "nanos"),
    [
        ("2026-01-05T12:00:00Z", NOON),
        ("2026-01-05 12:00:00.123456789Z", NOON + 123_456_789),
        ("2026-01-05T07:00:00-05:00", NOON),
        ("2026-01-05T13:00+0100", NOON),
        ("1767614400", NOON),
        ("1767614400.5", NOON + SECOND_NS // 2),
        ("1767614400123", NOON + 123_000_000),
        ("1767614400123456", NOON + 123_456_000),
        ("1767614400123456789", NOON + 123_456_789),
    ],
)
def test_times_are_counts_or_rfc_3339(tmp_path: Path, stamp: str, nanos: int) -> None:
    _, chunks = read_all(file_of(tmp_path, f"{HEADER}{stamp},A,1,1\n"))
    assert column(chunks, "event_time_ns") == [nanos]


@given(st.datetimes(min_value=datetime(1971, 1, 1)))  # noqa: DTZ001 - strategies want bare ones
@settings(max_examples=50)
def test_any_moment_is_read_as_the_calendar_says(
    tmp_path_factory: pytest.TempPathFactory, moment: datetime
) -> None:
    moment = moment.replace(year=min(moment.year, 2200))
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_text(f"{HEADER}{moment.isoformat()}Z,A,1,1\n")
    wanted = int(np.datetime64(moment, "us").astype(np.int64)) * 1000
    assert column(read_all(path)[1], "event_time_ns") == [wanted]


def test_bare_times_are_of_the_zone_that_is_given(tmp_path: Path) -> None:
    text = HEADER + "2026-07-01 09:30:00,A,1,1\n2026-01-05 09:30:00,A,1,1\n"
    _, chunks = read_all(file_of(tmp_path, text), ReadOptions(tz="America/New_York"))
    summer, winter = column(chunks, "event_time_ns")
    assert summer % DAY_NS == 13.5 * 3600 * SECOND_NS
    assert winter % DAY_NS == 14.5 * 3600 * SECOND_NS


def test_a_time_that_happened_twice_is_said(tmp_path: Path) -> None:
    text = HEADER + "2025-11-02 01:30:00,A,1,1\n"
    reader, chunks = read_all(file_of(tmp_path, text), ReadOptions(tz="America/New_York"))
    assert column(chunks, "event_time_ns")[0] % DAY_NS == 5.5 * 3600 * SECOND_NS
    assert "1 times happened twice" in reader.notes[-1]


def test_a_bare_date_is_the_end_of_its_day(tmp_path: Path) -> None:
    text = "date,open,high,low,close,volume,Name\n2026-01-05,1,2,1,2,9,A\n20260106,1,2,1,2,9,A\n"
    _, chunks = read_all(file_of(tmp_path, text), ReadOptions(tz="UTC", names={"symbol": "name"}))
    assert column(chunks, "event_time_ns") == [NOON + DAY_NS // 2 - 1, NOON + DAY_NS // 2 + DAY_NS - 1]
    assert column(chunks, "kind") == [3, 3]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["2026-01-05 12:00:00,A,1,1\n"], "line 2: times that name no zone; say which it is with --tz"),
        ([row(), "2026-01-05T07:00:01-05:00,A,1,1\n"], "line 3: .*-05:00 is in another time zone .*--tz any"),
        ([row(), row(1), "2026-01-05T12:00:02,A,1,1\n"], "line 4: .*another time zone .*split the file"),
        ([row(), "1767614401,A,1,1\n"], "line 3: 1767614401 is in another time zone"),
    ],
)
def test_mixed_and_missing_zones_are_refused_with_the_line(
    tmp_path: Path, lines: list[str], sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence) as refusal:
        read_all(file_of(tmp_path, HEADER + "".join(lines)))
    assert "\n" not in str(refusal.value)


def test_mixed_offsets_are_read_when_asked_for(tmp_path: Path) -> None:
    text = HEADER + row() + "2026-01-05T07:00:01-05:00,A,1,1\n"
    _, chunks = read_all(file_of(tmp_path, text), ReadOptions(tz="any"))
    assert column(chunks, "event_time_ns") == [NOON, NOON + SECOND_NS]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("nonsense\n", "another number of fields"),
        ("2026-01-05T12:00:01Z,A,1\n", "another number of fields"),
        ("2026-01-05T12:00:01Z,A,1,2,3,4\n", "another number of fields"),
        ("noon,A,1,1\n", "no time"),
        ("2026-02-30T12:00:01Z,A,1,1\n", "no time"),
        ("2026-01-05T25:00:01Z,A,1,1\n", "no time"),
        ("2026-01-05T12:00:01Z,,1,1\n", "no symbol"),
        ("2026-01-05T12:00:01Z,A,one,1\n", "no number"),
        ("2026-01-05T12:00:01Z,A,1.2.3,1\n", "no number"),
        ("2026-01-05T12:00:01Z,A,99999999999999999999,1\n", "too large"),
        ("2026-01-05T12:00:01Z,A,1,\0\n", "zero byte"),
        ('2026-01-05T12:00:01Z,"A,1,1\n', "quote that does not end"),
    ],
)
def test_a_line_that_cannot_be_read_is_counted_and_the_others_are_kept(
    tmp_path: Path, bad: str, reason: str
) -> None:
    reader, chunks = read_all(file_of(tmp_path, HEADER + row(0) + bad + row(2)))
    assert column(chunks, "event_time_ns") == [NOON, NOON + 2 * SECOND_NS]
    assert len(reader.unreadable) == 1
    assert reason in reader.unreadable.examples[0].reason
    assert reader.unreadable.examples[0].line == 3


def test_a_file_that_is_cut_off_loses_its_last_line_alone(tmp_path: Path) -> None:
    whole = HEADER + row(0) + row(1)
    reader, chunks = read_all(file_of(tmp_path, whole[:-9]))
    assert column(chunks, "event_time_ns") == [NOON]
    assert reader.unreadable.counts == {"cut off by the end of the file": 1}
    assert reader.unreadable.examples[0].line == 3


def test_a_last_line_without_its_newline_is_kept(tmp_path: Path) -> None:
    reader, chunks = read_all(file_of(tmp_path, (HEADER + row(0) + row(1))[:-1]))
    assert len(column(chunks, "price")) == 2
    assert not len(reader.unreadable)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("a,b,c\n1,2,3\n", "no column timestamp; it has a, b, c; say which with --map timestamp=COLUMN"),
        ("time,price\n1,2\n", "no column symbol.*--symbol NAME"),
        ("time,symbol,volume\n1,A,3\n", "none of the columns bid, ask and price"),
        ("2026-01-05,10.1,3\n", "starts with data"),
        ("\0\0\0\n", "zero bytes"),
    ],
)
def test_a_wrong_header_is_refused_in_one_line_with_the_mend(
    tmp_path: Path, text: str, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence) as refusal:
        read_all(file_of(tmp_path, text))
    assert "\n" not in str(refusal.value)


def test_columns_are_found_as_the_user_says(tmp_path: Path) -> None:
    text = "when,what,bid,px\n1767614400,A,1.5,2.5\n"
    names = {"timestamp": "when", "symbol": "What", "price": "PX"}
    _, chunks = read_all(file_of(tmp_path, text), ReadOptions(names=names))
    assert (column(chunks, "price"), column(chunks, "bid")) == ([250], [150])


def test_a_file_without_symbols_takes_the_one_that_is_given(tmp_path: Path) -> None:
    reader, chunks = read_all(file_of(tmp_path, "time,price\n1767614400,1\n"), ReadOptions(symbol="SPY"))
    assert reader.instruments[column(chunks, "instrument")[0]].symbol == "SPY"


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_fields_are_parted_by_what_the_header_is_parted_by(tmp_path: Path, mark: str) -> None:
    _, chunks = read_all(file_of(tmp_path, (HEADER + row()).replace(",", mark)))
    assert column(chunks, "price") == [1001]


@pytest.mark.parametrize(
    "dressed",
    [
        (HEADER + row(0) + row(1)).replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + (HEADER + row(0) + row(1)).encode(),
        (HEADER + row(0) + row(1)).encode("utf-16"),
        (HEADER + row(0) + row(1)).encode("utf-16-be").join([b"\xfe\xff", b""]),
        (HEADER + row(0) + row(1)).encode("utf-16-le"),
        ("# made by hand\n\n" + HEADER + "\n" + row(0) + "\r\n" + row(1)).encode(),
        (HEADER + row(0) + row(1))
        .replace(",", '","')
        .replace("\n", '"\n')
        .replace("time", '"time', 1)
        .replace("2026", '"2026')
        .encode(),
    ],
)
def test_how_a_file_is_dressed_does_not_matter(tmp_path: Path, dressed: bytes) -> None:
    reader, chunks = read_all(file_of(tmp_path, dressed))
    assert column(chunks, "event_time_ns") == [NOON, NOON + SECOND_NS]
    assert column(chunks, "price") == [1001, 1001]
    assert not len(reader.unreadable)


def test_unknown_symbols_are_said_once(tmp_path: Path) -> None:
    text = HEADER + "".join(row(0, symbol=f"S{n}") for n in range(3000))
    reader, chunks = read_all(file_of(tmp_path, text + text.removeprefix(HEADER)))
    assert len(reader.instruments) == 3000
    assert column(chunks, "instrument") == [*range(1, 3001), *range(1, 3001)]
    assert len(reader.notes) == 1
    assert "3000 unknown symbols" in reader.notes[0]


@given(st.integers(1, 400), st.lists(st.sampled_from([row(1), row(2), "bad\n", "\n"]), max_size=30))
@settings(max_examples=40)
def test_rows_do_not_depend_on_how_a_file_is_chunked(
    tmp_path_factory: pytest.TempPathFactory, size: int, lines: list[str]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_text(HEADER + "".join(lines))
    whole, small = (
        CsvReader(TextFile(path, chunk), Instruments(), ReadOptions()) for chunk in (1 << 20, size)
    )
    rows, others = list(whole.chunks()), list(small.chunks())
    assert column(rows, "event_time_ns") == column(others, "event_time_ns")
    assert [n for c in rows for n in c.lines] == [n for c in others for n in c.lines]
    assert whole.unreadable.examples == small.unreadable.examples


def test_the_other_bar_format_keeps_delta_profile_and_session(tmp_path: Path) -> None:
    text = (
        "Timestamp,Open,HIGH,Low,Close,Volume,Bid_Ask_Delta,Volume_Profile,Session,Symbol\n"
        "2026-01-05T12:00:00.000000001Z,10,11,9.5,10.5,70,-12,10.25:40|10.5:30,RTH,ES\n"
        "2026-01-05T12:00:01Z,10,11,9.5,10.5,70,5,,eth,ES\n"
        "2026-01-05T12:00:02Z,10,11,9.5,10.5,70,5,10:x,RTH,ES\n"
    )
    reader, chunks = read_all(file_of(tmp_path, text))
    extras = chunks[0].extras
    assert column(chunks, "event_time_ns") == [NOON + 1, NOON + SECOND_NS]
    assert extras["delta"].tolist() == [-12, 5]
    assert extras["session"].tolist() == [1, 2]
    assert [extras[name].tolist() for name in ("profile_row", "profile_price", "profile_volume")] == [
        [0, 0], [1025, 1050], [40, 30]
    ]  # fmt: skip
    assert reader.unreadable.counts == {"no volume profile that can be read": 1}
