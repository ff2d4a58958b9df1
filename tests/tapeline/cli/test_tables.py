from __future__ import annotations

import pytest

from tapeline.cli.tables import show, table


def test_numbers_lean_right_and_words_left() -> None:
    made = table(("name", "count"), [("a", 1), ("b", 20)])
    assert [column.justify for column in made.columns] == ["left", "right"]


def test_nothing_to_show_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    show(("a",), [], empty="Run `tapeline up` first.")
    assert capsys.readouterr().out == "Run `tapeline up` first.\n"
