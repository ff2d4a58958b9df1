from __future__ import annotations

import io
from decimal import Decimal

from rich.console import Console
from rich.text import Text

from tapeline.desk.board import board, duration, heading
from tapeline.desk.figures import AccountLine, PositionLine, ServiceLine, SignalLine, Trading

TRADING = Trading(
    1_767_614_400_000_000_000,
    (AccountLine(0, Decimal("1000123.45"), Decimal("123.45"), 1, 7, 6),),
    (PositionLine(0, "BADX", Decimal("100.000"), Decimal("12.50"), Decimal(1250), Decimal(-5)),),
    (SignalLine(1_767_614_405_000_000_000, "BADX", 1, 0.61),),
)
SERVICES = (ServiceLine("risk", "ready", 75.0, 2, 3.0, 0.5, 1234.0),)


def drawn(trading: Trading, width: int = 150) -> str:
    out = io.StringIO()
    Console(file=out, width=width).print(board(Text("title"), trading, SERVICES))
    return out.getvalue()


def test_everything_that_matters_is_on_the_board() -> None:
    text = drawn(TRADING)
    for part in (
        "1,000,123.45",
        "+123.45",
        "BADX",
        "12.5",
        "-5.00",
        "12:00:05",
        "buy",
        "0.610",
        "risk",
        "1m 15s",
    ):
        assert part in text


def test_a_desk_without_trades_has_a_board_too() -> None:
    assert "–" in drawn(Trading())


def test_a_narrow_terminal_cuts_no_numbers() -> None:
    assert "1,000,123.45" in drawn(TRADING, width=80)


def test_the_heading_says_market_time() -> None:
    assert "2026-01-05 12:00:00" in heading("http://x", "", TRADING.market_time_ns).plain
    assert "not open yet" in heading("http://x", "", 0).plain


def test_spans_of_time_are_said_as_people_do() -> None:
    assert [duration(s) for s in (5, 65, 3_700)] == ["5s", "1m 05s", "1h 01m"]
