"""The groups of figures in the order of the page: one line each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from bench.measure import Figure


class Group(NamedTuple):
    """A module of `bench` with a `measure(folder)`, and the seconds it may take before it is given up."""

    name: str
    limit_s: int
    quick: bool = False

    @property
    def measure(self) -> Callable[[Path], list[Figure]]:
        """What makes the figures; a group's libraries are loaded only where it is measured."""
        from importlib import import_module

        made: Callable[[Path], list[Figure]] = import_module(f"bench.{self.name}").measure
        return made


GROUPS: Final = (
    Group("codec", 60, quick=True),
    Group("hop", 120, quick=True),
    Group("record", 300),
    Group("history", 120, quick=True),
    Group("sources", 300),
    Group("features", 420),
    Group("inference", 300),
    Group("replays", 600),
    Group("training", 600),
    Group("latency", 420),
)
"""What `make bench` measures; `--quick` takes those that are done in a moment."""
BY_NAME: Final = {group.name: group for group in GROUPS}
