"""Bad files, as a user gives them: one clear line or a count, every good row kept, and little memory."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.ingest.files.source_text import LINE_BYTES, TextFile
from services.ingest.quality.reasons import Reason
from tapeline.__main__ import app
from tests.fixtures.tick_files import HEADER, file_of, row

MEBIBYTE = 1 << 20
GOOD = "".join(row(second) for second in range(40))


def ingest(path: Path, *words: str) -> Result:
    lake = path.parent / "lake"
    return CliRunner().invoke(app, ["ingest", str(path), "--to", str(lake), "--json", *words])


def counts(done: Result) -> tuple[int, int, int]:
    """Accepted, quarantined, unreadable."""
    told = json.loads(done.stdout)
    assert told["read"] == told["accepted"] + told["quarantined"] + told["unreadable"]
    return told["accepted"], told["quarantined"], told["unreadable"]


def test_a_file_that_breaks_off_in_a_line_loses_that_line_alone(tmp_path: Path) -> None:
    assert counts(ingest(file_of(tmp_path, HEADER + GOOD[:-4]))) == (39, 0, 1)


def test_a_packed_file_that_breaks_off_keeps_what_it_still_gave(tmp_path: Path) -> None:
    packed = gzip.compress((HEADER + GOOD * 50).encode())
    path = file_of(tmp_path, packed[: len(packed) * 2 // 3], "x.csv.gz")
    accepted, quarantined, unreadable = counts(ingest(path, "--plan", "none"))
    assert accepted > 100 and (quarantined, unreadable) == (0, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("when,what,how_much\n1,2,3\n", "has no column timestamp; it has when, what, how_much"),
        (GOOD, "starts with data; its first line must name the columns"),
        ("", "is empty; its first line must name the columns"),
        ("\x01\x02PQ\x7f\n\x03\n", "begins with control characters; it is no text file"),
        (
            '1723161253937085768 {"stream":"btcusdt@depth","data":{}}\n',
            "`tapeline ingest capture x.csv` takes it in",
        ),
    ],
    ids=["other columns", "no header", "empty", "binary", "a capture"],
)
def test_a_file_that_is_none_of_ticks_is_one_line_and_nothing_to_replay(
    text: str, said: str, tmp_path: Path
) -> None:
    path = file_of(tmp_path, text)
    done = ingest(path)
    assert done.exit_code == 1
    assert said in done.stderr and done.stderr.count("\n") == 1
    shown = CliRunner().invoke(app, ["ingest", str(path), "--to", str(tmp_path / "lake")])
    assert "replay" not in shown.stdout


def test_two_time_zones_in_one_file_are_refused_with_the_line_and_the_mend(tmp_path: Path) -> None:
    moved = row(50).replace("Z", "+02:00")
    done = ingest(file_of(tmp_path, HEADER + GOOD + moved))
    assert done.exit_code == 1
    assert "is in another time zone than the lines before it; give --tz any" in done.stderr


def test_a_line_without_an_end_costs_itself_and_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    with path.open("w") as file:
        file.write(HEADER + GOOD)
        for _ in range(64):
            file.write("x" * MEBIBYTE)
        file.write("\n" + row(50))
    tracemalloc.start()
    chunks = list(TextFile(path).chunks())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(chunk.long for chunk in chunks) == 1
    assert peak < 4 * (2 * MEBIBYTE + LINE_BYTES)
    assert counts(ingest(path)) == (41, 0, 1)


def test_what_a_bomb_holds_is_refused_and_no_row_of_it_kept(tmp_path: Path) -> None:
    path = tmp_path / "bomb.csv.gz"
    with gzip.open(path, "wb") as file:
        file.write((HEADER + GOOD).encode())
        for _ in range(80):
            file.write(b"0" * MEBIBYTE)
    done = ingest(path)
    assert done.exit_code == 1
    assert "unpacks to more than 250 times its size" in done.stderr
    assert json.loads(done.stdout)["accepted"] == 0


def test_a_trade_below_zero_is_refused_as_what_it_is(tmp_path: Path) -> None:
    done = ingest(file_of(tmp_path, HEADER + GOOD + row(50, "-5.00")), "--plan", "ticks")
    (one,) = json.loads(done.stdout)["files"]
    assert {int(code): count for code, count in one["reasons"].items()} == {Reason.NEGATIVE_PRICE: 1}


def test_a_file_whose_lines_end_with_cr_alone_is_one_line_of_complaint(tmp_path: Path) -> None:
    done = ingest(file_of(tmp_path, (HEADER + GOOD).replace("\n", "\r")))
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1


def test_what_cannot_be_read_is_shown_without_its_control_characters(tmp_path: Path) -> None:
    path = file_of(tmp_path, HEADER + GOOD + row(50)[:30] + "\x00\x1b[31m\n")
    words = ["ingest", str(path), "--to", str(tmp_path / "lake"), "--report"]
    said = CliRunner().invoke(app, words).stdout
    assert "line 42" in said and "\x00" not in said and "\x1b" not in said


def test_the_line_by_which_excel_names_its_delimiter_is_no_header(tmp_path: Path) -> None:
    assert counts(ingest(file_of(tmp_path, "sep=,\n" + HEADER + GOOD))) == (40, 0, 0)
