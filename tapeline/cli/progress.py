"""Progress on a terminal, silence elsewhere; always on stderr, so that stdout stays clean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def steps(names: Sequence[str], doing: str) -> Iterator[str]:
    """Gives each name, and shows which one is being worked on."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield from names
        return
    with console.status(doing) as status:
        for number, name in enumerate(names, 1):
            status.update(f"{doing} {name} [dim]{number}/{len(names)}[/]")
            yield name
