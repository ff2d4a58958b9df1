"""What the processes of a line take: time on a core, and time spent waiting for one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

PROC: Final = Path("/proc")


class Usage(NamedTuple):
    """Seconds on a core, and seconds ready to run while others had it."""

    ran_s: float
    waited_s: float

    def since(self, before: Usage) -> Usage:
        """What was added meanwhile."""
        return Usage(self.ran_s - before.ran_s, self.waited_s - before.waited_s)


NONE: Final = Usage(0.0, 0.0)


def usage(posts: Mapping[str, int]) -> dict[str, Usage]:
    """Of each post, and of the servers that are children of ours, by their program's name."""
    names = {pid: name for name, pid in posts.items()}
    found: dict[str, Usage] = {}
    for pid in _descendants(os.getpid()):
        name = names.get(pid) or _program(pid)
        ran, waited = _schedule(pid)
        before = found.get(name, NONE)
        found[name] = Usage(before.ran_s + ran, before.waited_s + waited)
    return found


def _descendants(root: int) -> list[int]:
    parents = {int(place.name): _parent(place) for place in PROC.iterdir() if place.name.isdigit()}
    ours, grown = {root}, True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in ours} - ours
        ours, grown = ours | more, bool(more)
    return sorted(ours - {root})


def _parent(place: Path) -> int:
    try:
        return int((place / "stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _program(pid: int) -> str:
    try:
        return (PROC / str(pid) / "comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return "gone"


def _schedule(pid: int) -> tuple[float, float]:
    ran = waited = 0
    try:
        for thread in (PROC / str(pid) / "task").iterdir():
            one = (thread / "schedstat").read_text().split()
            ran, waited = ran + int(one[0]), waited + int(one[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0.0, 0.0
    return ran / 1e9, waited / 1e9
