"""The board of a training shows what is at work, and nothing where nobody looks."""

from __future__ import annotations

import io

from rich.console import Console

from research.training.sets import Begun, Done, Name
from tapeline.cli.board import now, watched

ONE, TWO = Name("Energy", "1d"), Name("Energy", "5d")
TOLD = (Begun(ONE), Begun(TWO), Done(TWO, None, "", found=True), Done(ONE, None, "", found=False))


def test_away_from_a_terminal_sets_are_given_and_nothing_is_shown() -> None:
    shown = io.StringIO()
    assert [one.name for one in watched(TOLD, 2, Console(file=shown))] == [TWO, ONE]
    assert shown.getvalue() == ""


def test_a_terminal_sees_how_many_are_done_and_which_are_at_work() -> None:
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=100)
    assert len(list(watched(TOLD, 2, console))) == 2
    assert "2/2" in shown.getvalue()
    assert "1 found finished" in shown.getvalue()


def test_few_are_named_and_the_rest_is_counted() -> None:
    assert now([], 0) == "ending"
    assert now([ONE], 0) == "Energy 1d"
    assert now([ONE, TWO, ONE, TWO, ONE], 4) == "Energy 1d, Energy 5d, Energy 1d, 2 more · 4 found finished"
