"""The VIX and the yields of every day, known no earlier than they were made."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.ingest.facts.index_files import read_vix, read_yields
from shared.failures import Refused
from shared.time import iso
from tests.fixtures.realdata import real_data

VIX = "DATE,OPEN,HIGH,LOW,CLOSE\n"
CURVE = "Time Period,1month,3month,6month,1year,2year,3year,5year,7year,10year,20year,30year\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "some.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_day_of_the_vix_is_a_bar_at_its_last_value(tmp_path: Path) -> None:
    tape = read_vix(written(tmp_path, VIX + "2026-07-22,17.42,19.49,16.64,16.645\n2026-01-05,17,18,16,17\n"))
    assert [iso(int(t) + 1) for t in tape.ticks["event_time_ns"]] == [
        "2026-01-05T21:15:00.000000000Z",
        "2026-07-22T20:15:00.000000000Z",
    ]
    assert tape.ticks["price"].tolist() == [1700, 1664]
    assert tape.ticks["high"].tolist() == [1800, 1949]
    assert [row.symbol for row in tape.instruments] == ["VIX"]


def test_what_is_odd_is_said_and_what_is_broken_is_left_out(tmp_path: Path) -> None:
    odd = "2026-01-05,17,17,17,17\n2026-01-06,17,16,15,18\n"
    rows = odd + "2026-01-07,x,1,1,1\nsoon,1,1,1,1\n2026-01-08,0,1,1,1\n"
    tape = read_vix(written(tmp_path, VIX + rows))
    assert len(tape.ticks) == 2
    said = "\n".join(tape.notes)
    assert "1 × a day whose four prices are one" in said
    assert "1 × a day whose range does not hold its open and close" in said
    assert said.count("a row that cannot be read") == 3


def test_yields_are_known_once_they_are_published(tmp_path: Path) -> None:
    row = "2017-03-29 00:00:00+00:00,0.0076,0.0078,0.0092,0.0104,0.0126,0.0153,0.0193,0.0221,0.0239,,0.0299\n"
    yields = read_yields(written(tmp_path, CURVE + row + "2017-03-30,bad,,,,,,,,,,\n"))
    assert [iso(int(t)) for t in yields.known_ns] == ["2017-03-29T22:00:00.000000000Z"]
    assert yields.millionths[0].tolist()[-3:] == [23_900, -1, 29_900]
    assert yields.months[-1] == 360
    assert len(yields.notes) == 1


def test_another_file_is_refused_with_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="has no column OPEN"):
        read_vix(written(tmp_path, "DATE,VIX\n2026-01-05,1\n"))
    with pytest.raises(Refused, match="holds no day of the VIX"):
        read_vix(written(tmp_path, VIX))
    with pytest.raises(Refused, match="holds no day of yields"):
        read_yields(written(tmp_path, CURVE))
    with pytest.raises(Refused, match="cannot be read as a table"):
        read_vix(tmp_path / "none.csv")


@pytest.mark.realdata
def test_the_recorded_history_is_read_whole_and_its_flat_rows_are_counted() -> None:
    folder = real_data() / "index"
    tape = read_vix(folder / "vix_daily_cboe_1990_2026.csv")
    assert len(tape.ticks) == 9235
    assert any("506 × a day whose four prices are one" in note for note in tape.notes)
    yields = read_yields(folder / "us_treasury_curves_daily.csv")
    assert yields.millionths.shape == (6816, 11)
    assert yields.notes == ()
