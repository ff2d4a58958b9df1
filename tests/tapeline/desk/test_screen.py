from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from tapeline.desk.child import Plan
from tapeline.desk.screen import Screen
from tapeline.desk.supervisor import Supervisor
from tapeline.desk.trading import TradingReader

NOWHERE = "postgresql://nobody@/none?host=/nowhere"


def screen(logs: Path, console: Console) -> Screen:
    supervisor = Supervisor([Plan("risk", (), {})], logs)
    return Screen(supervisor, TradingReader(NOWHERE, "desk"), "http://x", console)


def test_without_a_terminal_there_is_only_the_log(tmp_path: Path) -> None:
    out = io.StringIO()
    made = screen(tmp_path, Console(file=out, width=100))
    with made.shown(False):
        (tmp_path / "risk.log").write_text('{"event":"order.sent"}\n')
        made.refresh()
        made.say("risk started again")
    assert "order.sent" in out.getvalue()
    assert "risk started again" in out.getvalue()
    assert "Accounts" not in out.getvalue()


def test_a_terminal_shows_the_table_even_while_the_record_is_away(tmp_path: Path) -> None:
    out = io.StringIO()
    made = screen(tmp_path, Console(file=out, width=120, height=50, force_terminal=True))
    with made.shown(False):
        made.refresh()
    assert "Accounts" in out.getvalue()


def test_headless_is_a_log_on_a_terminal_too(tmp_path: Path) -> None:
    out = io.StringIO()
    made = screen(tmp_path, Console(file=out, width=120, force_terminal=True))
    with made.shown(True):
        made.refresh()
    assert "Accounts" not in out.getvalue()
