"""How a file of ticks is to be read: options that every command takes which reads one."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from services.ingest.files.options import ReadOptions

FILES = "Files of ticks"

Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        help="A column by its name in the file: price=last_px. Repeat it.",
        rich_help_panel=FILES,
        show_default=False,
    ),
]
Tz = Annotated[
    str,
    typer.Option(
        "--tz",
        help="Zone of times that name none; any: each row by its own offset.",
        rich_help_panel=FILES,
        show_default=False,
    ),
]
Symbol = Annotated[
    str,
    typer.Option(
        "--symbol",
        help="The symbol of a file that has no column for it.",
        rich_help_panel=FILES,
        show_default=False,
    ),
]
Tick = Annotated[
    str, typer.Option("--tick", help="Price tick of symbols that nobody described.", rich_help_panel=FILES)
]
Lot = Annotated[
    str, typer.Option("--lot", help="Lot of symbols that nobody described.", rich_help_panel=FILES)
]


def reading(names: list[str] | None, tz: str, symbol: str, tick: str, lot: str) -> ReadOptions:
    """What these options say."""
    from services.ingest.files.options import ReadOptions, pairs_of

    steps = step_of("tick", tick), step_of("lot", lot)
    return ReadOptions(names=pairs_of(names or []), tz=tz, symbol=symbol, tick=steps[0], lot=steps[1])


def step_of(what: str, given: str) -> Decimal:
    """A decimal that an option was given."""
    try:
        return Decimal(given)
    except InvalidOperation:
        raise typer.BadParameter(f"{given} is no number", param_hint=f"--{what}") from None
