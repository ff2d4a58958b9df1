"""How `--help` lists commands: by group, in plain text, without loading what draws boxes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from typer.core import TyperGroup


class Menu(TyperGroup):
    """Commands under the heading of their group, in the order in which they were added."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Every command, hidden ones too."""
        return list(self.commands)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """One section a group."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for group, name, meaning in self._shown():
            groups.setdefault(group, []).append((name, meaning))
        widest = max(len(name) for lines in groups.values() for name, _ in lines)
        for group, lines in groups.items():
            with formatter.section(group):
                formatter.write_dl([(name.ljust(widest), meaning) for name, meaning in lines])

    def _shown(self) -> Iterator[tuple[str, str, str]]:
        for name, command in self.commands.items():
            if not command.hidden:
                group = getattr(command, "rich_help_panel", None)
                heading = group if isinstance(group, str) else "Commands"
                yield heading, name, command.get_short_help_str(200)
