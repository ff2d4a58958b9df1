"""How a training goes, on a terminal: sets done of all, for how long, how many were found, and what runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from research.training.sets import Begun, Done, Name

WIDEST = 3
"""Sets at work that are named; of more, the rest is counted."""


def watched(told: Iterable[Begun | Done], total: int, console: Console) -> Iterator[Done]:
    """Gives each set as it is done; away from a terminal nothing is shown."""
    from research.training.sets import Done

    if not console.is_terminal:
        yield from (one for one in told if isinstance(one, Done))
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("training"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.description}[/]"),
    )
    at_work: list[Name] = []
    found = 0
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total)
        for one in told:
            if isinstance(one, Done):
                at_work.remove(one.name)
                found += one.found
                progress.advance(task)
            else:
                at_work.append(one.name)
            progress.update(task, description=now(at_work, found))
            if isinstance(one, Done):
                yield one


def now(at_work: list[Name], found: int) -> str:
    """`Technology 5d, Energy 1d · 3 found finished`."""
    names = [f"{one.sector} {one.horizon}" for one in at_work[:WIDEST]]
    more = [f"{len(at_work) - WIDEST} more"] if len(at_work) > WIDEST else []
    said = [", ".join([*names, *more]) or "ending"]
    return " · ".join([*said, f"{found} found finished"] if found else said)
