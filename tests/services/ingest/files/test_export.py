"""What goes out comes back: every format is read again, row by row."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.files.export import exact, export
from services.ingest.tape import Tape, read_tape, write_instruments, write_tape
from shared.failures import Refused
from shared.lake.parquet import read_stream
from shared.streams import BAR_DETAILS, VOLUME_PROFILE
from tests.fixtures.markets import same_rows, small_tape
from tests.fixtures.tick_files import file_of, taken

BARS = (
    "timestamp,open,high,low,close,volume,bid_ask_delta,volume_profile,session,symbol\n"
    "2026-01-05T12:00:00.000000000Z,10.00,11.00,9.50,10.50,70,-12,10.25:40|10.50:30,RTH,ES\n"
    "2026-01-05T12:00:01.000000007Z,10.00,11.00,9.50,10.50,70,5,,ETH,ES\n"
)


def taken_again(tape: Tape, folder: Path, kind: str, name: str) -> Tape:
    """A tape written as a file and taken into a lake that knows the same instruments."""
    export(tape, folder, kind, folder / name)
    lake = folder / "lake"
    write_instruments(lake, tape.instruments)
    made = taken(folder / name, lake)
    assert made.accepted == len(tape.ticks)
    assert not made.unreadable
    return read_tape(lake)


@pytest.mark.parametrize(("kind", "name"), [("csv", "x.csv"), ("csv", "x.csv.gz"), ("parquet", "x.parquet")])
def test_a_tape_that_went_out_and_came_back_is_the_same(tmp_path: Path, kind: str, name: str) -> None:
    tape = small_tape()
    found = taken_again(tape, tmp_path, kind, name)
    assert same_rows(found.ticks, tape.ticks)
    assert found.notes == ()


@pytest.mark.parametrize(("kind", "name"), [("s3csv", "x.csv"), ("jsonl", "x.jsonl")])
def test_bars_with_deltas_and_profiles_go_out_and_come_back(tmp_path: Path, kind: str, name: str) -> None:
    first = tmp_path / "first"
    taken(file_of(tmp_path, BARS), first)
    tape = read_tape(first)
    assert export(tape, first, kind, tmp_path / name) == 2
    second = tmp_path / "second"
    taken(tmp_path / name, second)
    for stream in (BAR_DETAILS, VOLUME_PROFILE):
        assert same_rows(read_stream(first, stream), read_stream(second, stream))
    assert same_rows(tape.ticks, read_tape(second).ticks)


def test_the_bar_formats_say_every_field(tmp_path: Path) -> None:
    taken(file_of(tmp_path, BARS), tmp_path / "lake")
    tape = read_tape(tmp_path / "lake")
    export(tape, tmp_path / "lake", "s3csv", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == BARS
    export(tape, tmp_path / "lake", "jsonl", tmp_path / "out.jsonl")
    one = json.loads((tmp_path / "out.jsonl").read_text().splitlines()[0], parse_float=Decimal)
    assert one == {
        "timestamp": "2026-01-05T12:00:00.000000000Z",
        "open": Decimal("10.00"),
        "high": Decimal("11.00"),
        "low": Decimal("9.50"),
        "close": Decimal("10.50"),
        "volume": 70,
        "bid_ask_delta": -12,
        "volume_profile": {"10.25": 40, "10.50": 30},
        "session": "RTH",
        "symbol": "ES",
    }


def test_a_trade_goes_out_as_a_bar_of_one_price(tmp_path: Path) -> None:
    text = "timestamp,symbol,price,size,side\n2026-01-05T12:00:00Z,A,1.5,7,sell\n"
    taken(file_of(tmp_path, text), tmp_path / "lake")
    export(read_tape(tmp_path / "lake"), tmp_path / "lake", "s3csv", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().splitlines()[1] == (
        "2026-01-05T12:00:00.000000000Z,1.50,1.50,1.50,1.50,7,-7,,,A"
    )


@given(st.integers(-(10**15), 10**15), st.sampled_from(["0.01", "0.25", "1", "0.00000001", "5E+1"]))
def test_steps_are_written_to_the_last_digit(steps: int, step: str) -> None:
    text = exact(steps, Decimal(step))
    assert "E" not in text
    assert Decimal(text) == steps * Decimal(step)


def test_a_format_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    tape = small_tape()
    write_tape(tmp_path / "tape", tape.ticks, tape.instruments)
    with pytest.raises(Refused, match="no format 'xls'; there are csv, parquet, s3csv, jsonl"):
        export(tape, tmp_path / "tape", "xls", tmp_path / "x")
