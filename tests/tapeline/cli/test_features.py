"""`tapeline features`, as a user types it."""

from __future__ import annotations

import csv
import json
import tomllib
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from services.features.catalogue import FEATURES, SETS
from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from services.ingest.tape import write_tape
from shared.facts import FactRows, Field
from shared.lake.parquet import write_block
from shared.market import Instrument, Instruments
from shared.time import SECOND_NS
from tapeline.__main__ import app
from tapeline.cli.features import split
from tapeline.cli.outcome import code_of
from tests.fixtures.feature_tapes import START_NS, end_of, random_tape, run, ticks, trade
from tests.fixtures.house import ROOT
from tests.fixtures.realdata import real_data
from tests.fixtures.reference_series import TICKS, published
from tests.fixtures.tick_files import HEADER, file_of, row

PRICES = ("price ticks",)


def tapeline(*words: str | Path) -> Result:
    """One command."""
    return CliRunner().invoke(app, ["features", *(str(word) for word in words)])


def code(done: Result) -> int:
    """The code with which the process would end."""
    failure = done.exception
    return done.exit_code if failure is None or isinstance(failure, SystemExit) else code_of(failure) or -1


def lake_of(folder: Path) -> Path:
    """A lake of three instruments."""
    instruments = Instruments(Instrument(instrument=17 * n, symbol=f"S{n}") for n in (1, 2, 3))
    write_tape(folder / "lake", random_tape(3_000, 3, 5), instruments)
    return folder / "lake"


def test_a_lake_becomes_the_vectors_of_the_live_line(tmp_path: Path) -> None:
    lake = lake_of(tmp_path)
    done = tapeline("-i", lake, "-o", tmp_path / "x.parquet", "--bar", "2", "--json")
    told = json.loads(done.stdout)
    spec = FeatureSpec(interval_ns=2 * SECOND_NS, features=SETS["standard"])
    tape = random_tape(3_000, 3, 5)
    live = run(FeatureProcessor(spec, 0), [tape, end_of(tape)])["features"]
    read = pq.read_table(tmp_path / "x.parquet")
    assert (told["rows"], told["spec"]) == (len(live), spec.hash)
    for number, name in enumerate(spec.features):
        assert read[name].to_numpy().tobytes() == np.ascontiguousarray(live["values"][:, number]).tobytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lake", "x.parquet"]


def test_files_become_rows_with_labels_and_their_ends(tmp_path: Path) -> None:
    text = HEADER + "".join(
        row(second, f"10.{second:02d}", symbol) for second in range(60) for symbol in "AB"
    )
    done = tapeline(
        "-i", file_of(tmp_path, text), "-o", tmp_path / "out.csv", "--bar", "10s",
        "--features", "close,return(1)",
        "--labels", "forward_return(2), triple_barrier(3, 1, 1, 2)", "--symbols", "B",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader((tmp_path / "out.csv").open()))
    assert list(rows[0]) == [
        "time", "symbol", "close", "return_1", "forward_return_2", "forward_return_2.end",
        "triple_barrier_3_1_1_2", "triple_barrier_3_1_1_2.end",
    ]  # fmt: skip
    assert {line["symbol"] for line in rows} == {"B"}
    assert [line["close"] for line in rows] == ["1009.0", "1019.0", "1029.0", "1039.0", "1049.0"]
    assert rows[0]["return_1"] == "" and rows[-1]["forward_return_2"] == ""
    assert float(rows[0]["forward_return_2"]) == pytest.approx(np.log(1029 / 1009), rel=1e-12)
    assert rows[0]["forward_return_2.end"] == rows[2]["time"]


def test_from_hides_rows_that_still_warm_and_to_ends_the_tape(tmp_path: Path) -> None:
    text = HEADER + "".join(row(second, f"10.{second:02d}") for second in range(60))
    words = (
        "-i",
        file_of(tmp_path, text),
        "--bar",
        "10",
        "--features",
        "sma_2",
        "--labels",
        "forward_return",
    )
    span = ("--from", "2026-01-05T12:00:20Z", "--to", "2026-01-05T12:00:40Z")
    assert tapeline(*words, "-o", tmp_path / "out.csv", *span).exit_code == 0
    rows = list(csv.DictReader((tmp_path / "out.csv").open()))
    assert [line["sma_2"] for line in rows] == ["1014.0", "1024.0", "1034.0"]
    assert [line["forward_return_1"] != "" for line in rows] == [True, True, False]


def test_labels_within_a_day_do_not_cross_midnight(tmp_path: Path) -> None:
    days = "".join(
        f"2026-01-0{day}T{hour:02d}:30:00Z,A,1{hour},5\n" for day in (5, 6) for hour in range(10, 24)
    )
    words = (
        "-i",
        file_of(tmp_path, HEADER + days),
        "--bar",
        "1h",
        "--features",
        "close",
        "--labels",
        "direction",
    )
    known = []
    for within in ((), ("--within", "24/7")):
        assert tapeline(*words, "-o", tmp_path / "out.csv", *within).exit_code == 0
        rows = csv.DictReader((tmp_path / "out.csv").open())
        known.append(sum(line["direction_1_0"] != "" for line in rows))
    assert known[0] == known[1] + 1


def test_the_list_shows_every_feature() -> None:
    told = json.loads(tapeline("--list", "--json").stdout)
    assert len(told) == len(FEATURES)
    assert told[1] == {
        "feature": "return(bars 1)", "outputs": "", "unit": "log return", "warm": 2,
        "formula": "ln(close / close n bars ago)",
    }  # fmt: skip
    assert "rsi" in tapeline("--list").stdout


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("-i", "nothing", "-o", "x.csv"), 5),
        (("-i", "x.csv"), 2),
        (("-i", "x.csv", "-o", "y.csv", "--set", "all"), 2),
        (("-i", "x.csv", "-o", "y.csv", "--features", "rsy"), 1),
        (("-i", "x.csv", "-o", "y.csv", "--labels", "future"), 1),
        (("-i", "x.csv", "-o", "y.csv", "--symbols", "ZZZ"), 5),
        (("-i", "x.csv", "-o", "y.csv", "--from", "monday"), 2),
        (("-i", "x.csv", "-o", "y.csv", "--within", "MOON", "--labels", "direction"), 1),
        (("-i", "x.csv", "-o", "y.xlsx"), 1),
        (("-i", "x.csv", "-o", "x.csv"), 2),
        (("-i", "x.csv", "-o", "y.csv", "--labels", "direction,direction(1)"), 1),
    ],
)
def test_a_mistake_is_one_line_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], wanted: int
) -> None:
    monkeypatch.chdir(tmp_path)
    file_of(tmp_path, HEADER + "".join(row(second) for second in range(60)))
    assert code(tapeline(*words, "--bar", "10s")) == wanted
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]


def test_commas_in_brackets_do_not_part() -> None:
    assert split("a(1, 2),b, c(3)") == ["a(1, 2)", "b", "c(3)"]


@pytest.mark.realdata
def test_published_series_come_out_of_the_command(tmp_path: Path) -> None:
    said = tomllib.loads((ROOT / "docs" / "features.toml").read_text(encoding="utf-8"))["stock_indicators"]
    compared = {
        series: told
        for series, told in said.items()
        if told.get("by", "values") == "values" and not told["feature"].startswith("vwap")
    }
    chosen = ",".join(dict.fromkeys(told["feature"] for told in compared.values()))
    quotes = real_data() / "reference" / "stock_indicators" / "quotes" / "default.csv"
    done = tapeline(
        "-i", quotes, "-o", tmp_path / "spy.csv", "--bar", "1d", "--symbol", "SPY", "--tz", "UTC",
        "--tick", "0.0001", "--features", chosen,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader((tmp_path / "spy.csv").open()))
    assert len(rows) == 502 and len(compared) > 40
    for series, told in compared.items():
        theirs = published(*series.split("."))
        ours = np.array([float(line[told["feature"]] or "nan") for line in rows])
        ours = ours / (TICKS if told.get("price") else 1) * told.get("scale", 1.0) + told.get("shift", 0.0)
        both = ~np.isnan(ours) & ~np.isnan(theirs) & (np.arange(502) >= told.get("after", 0))
        assert both.sum() > 400, series
        np.testing.assert_allclose(ours[both], theirs[both], rtol=1e-9, atol=1e-9, err_msg=series)


def test_what_a_file_of_context_says_stands_beside_the_bars_of_its_day(tmp_path: Path) -> None:
    file = tmp_path / "vix.csv"
    file.write_text("date,close\n2023-11-12,14.5\n2023-11-13,15.5\n2023-11-14,16.5\n")
    done = tapeline(
        "-i", lake_of(tmp_path), "-o", tmp_path / "out.csv", "--bar", "60",
        "--features", "vix.close,market_hours", "--context", f"vix={file}", "--context", "hours=XNYS",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader((tmp_path / "out.csv").open()))
    assert {row["vix.close"] for row in rows} == {"15.5"} and {row["market_hours"] for row in rows} == {"0.0"}
    assert rows[0]["time"].startswith("2023-11-14")


def test_facts_that_were_recorded_with_a_lake_are_told(tmp_path: Path) -> None:
    rows, lake = FactRows(), lake_of(tmp_path)
    rows.add(START_NS - 1, 17, Field.PE_RATIO, 20.0)
    write_block(lake, rows.block(), 0)
    done = tapeline("-i", lake, "-o", tmp_path / "out.csv", "--bar", "60", "--features", "pe_ratio")
    assert done.exit_code == 0, done.output
    values = {row["symbol"]: row["pe_ratio"] for row in csv.DictReader((tmp_path / "out.csv").open())}
    assert values == {"S1": "20.0", "S2": "", "S3": ""}


def test_a_vector_that_wants_facts_is_refused_where_nobody_tells_any(tmp_path: Path) -> None:
    done = tapeline("-i", lake_of(tmp_path), "-o", tmp_path / "out.csv", "--set", "context")
    assert code(done) == 5 and "--context says which files" in str(done.exception)


def test_an_hour_of_a_share_begins_at_the_open_and_no_bar_spans_a_close(tmp_path: Path) -> None:
    moments = np.arange(np.datetime64("2024-11-29T09:00"), np.datetime64("2024-12-02T16:00"), 10)
    rows = [
        trade(int(moment.astype("datetime64[ns]").astype(np.int64)) + 1, 100 + n % 9, instrument=instrument)
        for n, moment in enumerate(moments)
        for instrument in (1, 2)
    ]
    known = Instruments(
        Instrument(instrument=n, symbol=name, calendar=calendar)
        for n, name, calendar in ((1, "SHARE", "XNYS"), (2, "COIN", "24/7"))
    )
    write_tape(tmp_path / "lake", ticks(rows, rows[-1]["event_time_ns"]), known)
    done = tapeline("-i", tmp_path / "lake", "-o", tmp_path / "x.csv", "--bar", "1h", "--features", "close")
    assert code(done) == 0, done.output
    with (tmp_path / "x.csv").open() as file:
        read = list(csv.DictReader(file))
    share = [line["time"][5:16] for line in read if line["symbol"] == "SHARE"]
    assert share == ["11-29T15:30", "11-29T16:30", "11-29T17:30", "11-29T18:00", "12-02T15:30"]
    assert len([line for line in read if line["symbol"] == "COIN"]) == 3 * 24 + 6
