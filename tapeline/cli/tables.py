"""Tables for people: the same look everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

WIDEST = 10_000
"""Characters of a terminal on which everything fits."""

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> Table:
    """A plain table; columns of numbers lean right."""
    from rich import box
    from rich.table import Table

    made = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    listed = [tuple(row) for row in rows]
    for number, column in enumerate(columns):
        told = [row[number] for row in listed if row[number] is not None]
        numeric = bool(told) and all(map(_is_number, told))
        made.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in listed:
        made.add_row(*[_cell(value) for value in row])
    return made


def show(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    empty: str,
    title: str = "",
    spare: Sequence[str] = (),
) -> None:
    """Prints a table, or what to do when there is nothing to show.

    Where a terminal is too narrow, spare columns go, the first one first; no cell is broken for them.
    """
    from rich.console import Console

    listed, console = [tuple(row) for row in rows], Console()
    if not listed:
        console.print(empty, highlight=False)
        return
    made, left_out = table(columns, listed, title), list[str]()
    for name in spare:
        if console.measure(made, options=console.options.update(width=WIDEST)).maximum <= console.width:
            break
        place = list(columns).index(name)
        left_out.append(name)
        columns = [column for column in columns if column != name]
        listed = [row[:place] + row[place + 1 :] for row in listed]
        made = table(columns, listed, title)
    console.print(made, highlight=False)
    if left_out:
        console.print(f"not shown: {', '.join(left_out)} (a wider terminal, or --json)", style="dim")


def _is_number(value: object) -> bool:
    from decimal import Decimal

    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _cell(value: object) -> str | Text:
    from rich.text import Text

    return value if isinstance(value, Text) else "" if value is None else str(value)
