"""Tables for people: the same look everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> Table:
    """A plain table; columns of numbers lean right."""
    from rich import box
    from rich.table import Table

    made = Table(
        title=title or None, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
    )
    listed = [tuple(row) for row in rows]
    for number, column in enumerate(columns):
        numeric = bool(listed) and all(_is_number(row[number]) for row in listed)
        made.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in listed:
        made.add_row(*[_cell(value) for value in row])
    return made


def show(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str, title: str = "") -> None:
    """Prints a table, or what to do when there is nothing to show."""
    from rich.console import Console

    listed = [tuple(row) for row in rows]
    Console().print(table(columns, listed, title) if listed else empty, highlight=False)


def _is_number(value: object) -> bool:
    from decimal import Decimal

    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _cell(value: object) -> str | Text:
    from rich.text import Text

    return value if isinstance(value, Text) else "" if value is None else str(value)
