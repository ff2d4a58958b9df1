"""Progress on a terminal, silence elsewhere; always on stderr, so that stdout stays clean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


@contextmanager
def bar(doing: str) -> Iterator[Callable[[int, int], None]]:
    """A bar that is told how many bytes of how many are done; it goes when the work has ended."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(doing)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def steps(doing: str, total: int) -> Iterator[Callable[[str], None]]:
    """A bar that is told of each step that is done, by name; it goes when the work has ended."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda name: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(doing, total=total)
        yield lambda name: progress.update(task, advance=1, description=f"{doing} {name}")
