"""The part of requirements.lock that one service's image needs, with its hashes.

usage: python deploy/pins.py EXTRA[,EXTRA…] > pinned.txt

The lock says under each entry who asked for it ("via"), so nothing has to be looked up.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OURSELVES = re.compile(r"tapeline\[([\w,-]+)\]")
NAME = re.compile(r"[A-Za-z0-9._-]+")
ENTRY = re.compile(r"^([A-Za-z0-9._-]+)==[^\n]*(?:\n[ \t]+[^\n]*)*", re.MULTILINE)
VIA = re.compile(r"^ +# +(?:via +)?([A-Za-z0-9._-]+)(?: \(.*\))?$", re.MULTILINE)


def wanted(project: Mapping[str, object], extras: set[str]) -> set[str]:
    """What the core and these extras ask for; an extra may name others of ours."""
    optional = project["optional-dependencies"]
    assert isinstance(optional, dict)
    asked = list(project["dependencies"])  # type: ignore[call-overload]
    for extra in sorted(extras):
        asked += optional[extra]
    direct = {line for line in asked if not OURSELVES.match(line)}
    named = {name for line in asked if (found := OURSELVES.match(line)) for name in found[1].split(",")}
    return direct | (wanted(project, extras | named) if named - extras else set())


def resolved(requirements: set[str], lock: str) -> set[str]:
    """Names of these requirements and of everything that the lock pins because of them."""
    pulls = defaultdict(set)
    for entry in ENTRY.finditer(lock):
        for asker in VIA.findall(entry[0]):
            pulls[plain(asker)].add(plain(entry[1]))
    waiting = [plain(found[0]) for line in requirements if (found := NAME.match(line))]
    names: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in names:
            names.add(name)
            waiting.extend(pulls[name])
    return names


def pinned(lock: str, names: set[str]) -> Iterator[str]:
    """The lock's own entries for these names; a name may have one for each Python."""
    return (entry[0] for entry in ENTRY.finditer(lock) if plain(entry[1]) in names)


def plain(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def main(extras: str) -> None:
    """Prints the pinned requirements."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    names = resolved(wanted(project, set(extras.split(","))), lock)
    print("\n".join(pinned(lock, names)))


if __name__ == "__main__":
    main(sys.argv[1])
