"""A file is judged by the plan that its rows want, symbol by symbol."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.ingest.files.file_checks import FileChecks, plan_of
from services.ingest.files.options import ReadOptions
from services.ingest.quality.reasons import Reason
from services.ingest.quality.report import problems
from shared.failures import Refused
from tests.fixtures.tick_files import HEADER, file_of, read_all, row

BARS = "timestamp,symbol,open,high,low,close,volume\n"


def bar(time: str, symbol: str = "A") -> str:
    """A line of a bar."""
    return f"{time},{symbol},10.00,10.50,9.50,10.20,100\n"


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        (HEADER + row(0) + row(1), "ticks"),
        (BARS + bar("2024-01-02") + bar("2024-01-03"), "daily"),
        (BARS + bar("2024-01-03") + bar("2024-01-02") + bar("2024-01-02", "B"), "daily"),
        (BARS + bar("2024-01-02T14:30:00Z") + bar("2024-01-02T14:31:00Z"), "ticks"),
        (BARS + bar("2024-01-02T14:30:00Z"), "ticks"),
    ],
)
def test_a_file_wants_the_plan_of_what_it_holds(tmp_path: Path, text: str, plan: str) -> None:
    _, chunks = read_all(file_of(tmp_path, text), ReadOptions(tz="UTC"))
    assert plan_of(chunks[0].ticks) == plan


def test_rows_sorted_by_symbol_are_in_order(tmp_path: Path) -> None:
    text = HEADER + row(5) + row(6) + row(1, symbol="B") + row(2, symbol="B") + row(1, symbol="C")
    reader, chunks = read_all(file_of(tmp_path, text))
    checks = FileChecks()
    assert checks.check(chunks[0]).tolist() == [0] * 5
    told = checks.report("x.csv", reader.instruments)
    assert told is not None
    assert (told.accepted, told.noted, problems(told)) == (5, 0, [])


def test_a_row_behind_its_own_symbol_is_refused(tmp_path: Path) -> None:
    text = HEADER + row(5) + row(1, symbol="B") + row(4) + row(2, symbol="B")
    _, chunks = read_all(file_of(tmp_path, text))
    assert FileChecks().check(chunks[0]).tolist() == [0, 0, Reason.TOO_LATE, 0]


def test_without_a_plan_nothing_is_looked_for(tmp_path: Path) -> None:
    reader, chunks = read_all(file_of(tmp_path, HEADER + row(5) + row(4)))
    checks = FileChecks("none")
    assert not checks.check(chunks[0]).any()
    assert checks.report("x.csv", reader.instruments) is None


def test_a_plan_that_nobody_knows_is_refused() -> None:
    with pytest.raises(Refused, match="no quality plan 'weekly'"):
        FileChecks("weekly")
