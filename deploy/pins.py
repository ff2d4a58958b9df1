"""The part of requirements.lock that one service's image needs, with its hashes.

usage: python deploy/pins.py EXTRA[,EXTRA…] > pinned.txt
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OURSELVES = re.compile(r"tapeline\[([\w,-]+)\]")
ENTRY = re.compile(r"^([A-Za-z0-9._-]+)==[^\n]*(?:\n[ \t]+[^\n]*)*", re.MULTILINE)
HASHES = re.compile(r"\s*\\\n\s+--hash=\S+")


def wanted(project: dict[str, object], extras: set[str]) -> set[str]:
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
    """Names of everything that pip would install for these requirements within the lock."""
    with tempfile.TemporaryDirectory() as folder:
        asked, allowed = Path(folder, "asked.txt"), Path(folder, "allowed.txt")
        asked.write_text("\n".join(sorted(requirements)), encoding="utf-8")
        allowed.write_text(HASHES.sub("", lock), encoding="utf-8")
        options = ("--dry-run", "--ignore-installed", "--only-binary", ":all:", "--quiet", "--report", "-")
        command = (sys.executable, "-m", "pip", "install", *options, "-c", str(allowed), "-r", str(asked))
        report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return {plain(item["metadata"]["name"]) for item in report["install"]}


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
