"""Progress on a terminal, silence elsewhere; always on stderr, so that stdout stays clean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

Result = TypeVar("Result")


def counted(results: Iterator[Result], total: int, doing: str) -> Iterator[Result]:
    """Gives each result as it comes, and shows how many are still missing."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield from results
        return
    with console.status(f"{doing} [dim]0/{total}[/]") as status:
        for number, result in enumerate(results, 1):
            status.update(f"{doing} [dim]{number}/{total}[/]")
            yield result
