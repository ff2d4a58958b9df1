from __future__ import annotations

import pytest

from tapeline.cli.tables import show, table


def test_numbers_lean_right_and_words_left() -> None:
    made = table(("name", "count"), [("a", 1), ("b", 20)])
    assert [column.justify for column in made.columns] == ["left", "right"]


def test_nothing_to_show_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    show(("a",), [], empty="Run `tapeline up` first.")
    assert capsys.readouterr().out == "Run `tapeline up` first.\n"


def test_numbers_lean_right_where_some_are_missing() -> None:
    (column,) = table(("stop",), [(1.5,), (None,)]).columns
    assert column.justify == "right"


WIDE = ("time", "symbol", "order_id")
ROWS = [("12:00:00", "BTCUSDT", "16507b90c59a29c5")]


@pytest.mark.parametrize(("width", "missing"), [("80", ""), ("30", "order_id"), ("12", "order_id, symbol")])
def test_a_narrow_terminal_loses_columns_and_breaks_no_cell(
    width: str, missing: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    show(WIDE, ROWS, empty="", spare=("order_id", "symbol"))
    said = capsys.readouterr().out

    left = [value for name, value in zip(WIDE, ROWS[0], strict=True) if name not in missing]
    assert [line.split() for line in said.splitlines() if "12:00:00" in line] == [left]
    assert ("not shown: " + missing in " ".join(said.split())) == bool(missing)
