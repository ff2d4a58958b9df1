"""`tapeline ingest` and `tapeline export`, as a user types them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.ingest.quality.reasons import Reason
from shared.lake.parquet import read_stream
from shared.streams import QUARANTINE
from tapeline.__main__ import app
from tapeline.cli.outcome import code_of
from tests.fixtures.tick_files import HEADER, file_of, row


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Runs the command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAPELINE_DATA", str(tmp_path / "data"))
    return None


def tapeline(*words: str | Path) -> Result:
    """One command."""
    return CliRunner().invoke(app, [str(word) for word in words])


def code(done: Result) -> int:
    """The code with which the process would end."""
    failure = done.exception
    return done.exit_code if failure is None or isinstance(failure, SystemExit) else code_of(failure) or -1


@pytest.mark.usefixtures("run")
def test_files_go_into_the_lake_and_come_out(tmp_path: Path) -> None:
    file_of(tmp_path, HEADER + row(0) + "bad\n" + row(1), "a.csv")
    file_of(tmp_path, gzip.compress((HEADER + row(2)).encode()), "b.csv.gz")
    done = tapeline("ingest", "--to", "lake", "--json", "a.csv", "b.csv.gz")
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    sums = [told[name] for name in ("read", "accepted", "quarantined", "unreadable", "failed")]
    assert sums == [4, 3, 0, 1, 0]
    assert [one["source"] for one in told["files"]] == ["a.csv", "b.csv.gz"]
    assert tapeline("export", "lake", "-o", "out.csv").exit_code == 0
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 4


@pytest.mark.usefixtures("run")
def test_a_file_goes_in_once_unless_it_is_asked_for_again(tmp_path: Path) -> None:
    file_of(tmp_path, HEADER + row(0))
    counts = []
    for words in ((), (), ("--again",), ("--again", "--compact")):
        tapeline("ingest", "x.csv", "--to", "lake", *words)
        counts.append(json.loads(tapeline("export", "lake", "-o", "o.csv", "--json").stdout)["rows"])
    assert counts == [1, 1, 2, 3]


@pytest.mark.usefixtures("run")
def test_a_file_that_fails_leaves_the_others_their_turn(tmp_path: Path) -> None:
    file_of(tmp_path, "a,b\n1,2\n", "bad.csv")
    file_of(tmp_path, HEADER + row(0), "good.csv")
    done = tapeline("ingest", "bad.csv", "good.csv", "--to", "lake", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    assert (told["failed"], told["accepted"]) == (1, 1)
    assert done.stderr.count("\n") == 1
    assert "no column timestamp; it has a, b" in done.stderr


@pytest.mark.usefixtures("run")
def test_the_report_shows_each_kind_of_fault_and_its_first_lines(tmp_path: Path) -> None:
    file_of(tmp_path, HEADER + row(0) + "bad\n" + row(1, "one"))
    said = tapeline("ingest", "x.csv", "--to", "lake", "--report").stdout
    assert "3 rows of 1 symbol: 1 accepted, 0 quarantined, 2 unreadable" in said
    assert "line 3: another number of fields than the header: bad" in said
    assert "line 4: a field that is no number" in said


SPOILT = (
    HEADER
    + "".join(row(second) for second in range(8))
    + row(8, size="-5")
    + row(9, "99.00")
    + "bad\n"
    + row(4)
)


@pytest.mark.usefixtures("run")
def test_refused_rows_lie_in_quarantine_and_the_counts_add_up(tmp_path: Path) -> None:
    file_of(tmp_path, SPOILT)
    done = tapeline("ingest", "x.csv", "--to", "lake", "--report", "--json")
    told = json.loads(done.stdout)
    (one,), (quality,) = told["files"], told["quality"]
    assert [one[name] for name in ("read", "accepted", "quarantined", "unreadable")] == [12, 8, 3, 1]
    kept = read_stream(tmp_path / "lake", QUARANTINE)
    wanted = {Reason.NEGATIVE_SIZE: 1, Reason.TRADE_SPIKE: 1, Reason.TOO_LATE: 1}
    assert sorted(kept["reason"].tolist()) == sorted(wanted)
    assert {int(code): count for code, count in one["reasons"].items()} == wanted
    assert (quality["rows"], quality["accepted"], quality["refused"]) == (11, 8, 3)
    (beside,) = (tmp_path / "lake" / "commits").glob("*.quality.json")
    assert json.loads(beside.read_text()) == quality


@pytest.mark.usefixtures("run")
def test_without_a_plan_every_row_that_can_be_read_is_accepted(tmp_path: Path) -> None:
    file_of(tmp_path, SPOILT)
    told = json.loads(tapeline("ingest", "x.csv", "--to", "lake", "--plan", "none", "--json").stdout)
    assert (told["accepted"], told["quarantined"], told["unreadable"]) == (11, 0, 1)


@pytest.mark.usefixtures("run")
def test_people_see_the_data_quality_also_of_what_was_there_before(tmp_path: Path) -> None:
    file_of(tmp_path, SPOILT)
    for _ in range(2):
        said = tapeline("ingest", "x.csv", "--to", "lake", "--report").stdout
        assert "Data quality of x.csv: 72.73% complete, 11 rows, 3 refused" in said
        assert "refused NEGATIVE_SIZE" in said


@pytest.mark.postgres
@pytest.mark.usefixtures("run")
def test_the_record_keeps_the_data_quality_that_is_saved(tmp_path: Path, postgres_url: str) -> None:
    from shared.store.postgres import PostgresStore

    file_of(tmp_path, SPOILT, "spoilt.csv")
    done = tapeline("ingest", "spoilt.csv", "--to", "lake", "--save", "--db", postgres_url)
    assert done.exit_code == 0, done.output
    store = PostgresStore(postgres_url, tmp_path)
    try:
        assert [(kept.rows, kept.refused) for kept in store.quality("spoilt.csv")] == [(11, 3)]
    finally:
        store.close()


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("ingest", "none.csv"), 5),
        (("ingest", "x.csv", "--tz", "Mars"), 1),
        (("ingest", "x.csv", "--map", "price"), 1),
        (("ingest", "x.csv", "--tick", "many"), 2),
        (("ingest", "x.csv", "--nonsense"), 2),
        (("ingest", "x.csv", "--plan", "weekly"), 1),
        (("export", "none"), 5),
        (("export", "x.csv", "--format", "xls"), 2),
        (("replay", "x.csv", "--speed", "fast"), 2),
    ],
)
def test_every_mistake_has_its_code(tmp_path: Path, words: tuple[str, ...], wanted: int) -> None:
    file_of(tmp_path, HEADER + row(0))
    assert code(tapeline(*words)) == wanted


@pytest.mark.usefixtures("run")
def test_bare_times_other_names_and_a_grid_can_be_given(tmp_path: Path) -> None:
    file_of(tmp_path, "when,px\n2026-01-05 09:30,1.23456\n")
    words = ("--map", "timestamp=when", "--map", "price=px", "--symbol", "A", "--tick", "0.00001")
    assert tapeline("ingest", "x.csv", "--to", "lake", "--tz", "America/New_York", *words).exit_code == 0
    tapeline("export", "lake", "-o", "o.csv")
    assert "2026-01-05T14:30:00.000000000Z,A,trade,,,,,,,1.23456" in (tmp_path / "o.csv").read_text()


@pytest.mark.usefixtures("run")
def test_a_file_of_bars_becomes_a_tick_store_in_one_step(tmp_path: Path) -> None:
    text = "timestamp,open,high,low,close,volume,bid_ask_delta,volume_profile,session,symbol\n"
    file_of(tmp_path, text + "2026-01-05T12:00:00Z,1,2,1,2,9,-3,1.5:4|2:5,RTH,ES\n")
    assert tapeline("export", "x.csv", "--format", "jsonl", "-o", "ticks.jsonl").exit_code == 0
    tick = json.loads((tmp_path / "ticks.jsonl").read_text())
    assert (tick["bid_ask_delta"], tick["session"]) == (-3, "RTH")
    assert tick["volume_profile"] == {"1.50": 4, "2.00": 5}
