"""The folder of a private Postgres: where it lies, whom it belongs to, and how it is first made."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.failures import Refused
from tapeline.servers.binaries import Binaries, Owner, copied, find_owner, find_postgres, reachable

COMMON_PLACE: Final = Path("/var/tmp")
SUPERUSER: Final = "tapeline"
WAL_PIECES: Final = "--wal-segsize=4"
"""Megabytes: the commit that begins a new piece of the log fills it with zeros first, 16 by default."""
MEND: Final = (
    "install one (pip install 'tapeline[desk]' or apt install postgresql) or give its address with --db"
)


@dataclass(frozen=True)
class Cluster:
    """Programs, a folder of data, and the account that may touch it."""

    binaries: Binaries
    folder: Path
    owner: Owner


def prepared(data: Path, environ: Mapping[str, str]) -> Cluster:
    """The cluster of this data folder, made on the first call."""
    owner = find_owner()
    home = _home(data, owner)
    folder = home / "postgres"
    major = _major_of(folder)
    binaries = find_postgres(environ, major)
    if binaries is None:
        wanted = (
            "no Postgres was found"
            if major is None
            else f"{folder} was made by Postgres {major}, which is gone"
        )
        raise Refused(f"{wanted}; {MEND}")
    if not reachable(binaries.folder, owner):
        binaries = copied(binaries, _open_folder(home / "programs"))
    cluster = Cluster(binaries, folder, owner)
    if major is None:
        _initialise(cluster)
    return cluster


def _home(data: Path, owner: Owner) -> Path:
    if reachable(data, owner):
        return data
    ours = _open_folder(COMMON_PLACE / f"tapeline-{os.getuid()}")
    return _open_folder(ours / _token(data))


def _token(data: Path) -> str:
    """A name for this data folder that dies with it, so that a new folder never finds old data."""
    file = data / "postgres-place"
    if not file.exists():
        file.write_text(secrets.token_hex(8), encoding="utf-8")
    return file.read_text(encoding="utf-8").strip()


def _open_folder(folder: Path) -> Path:
    """A folder of ours that others may pass through and not write to."""
    folder.mkdir(mode=0o711, exist_ok=True)
    about = folder.lstat()
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid() or about.st_mode & 0o022:
        raise Refused(f"{folder} is not a folder that only we can write to; remove it")
    folder.chmod(0o711)
    return folder


def _major_of(folder: Path) -> int | None:
    file = folder / "PG_VERSION"
    return int(file.read_text(encoding="ascii").strip()) if file.exists() else None


def _initialise(cluster: Cluster) -> None:
    partial = cluster.folder.with_name("postgres.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    os.chown(partial, cluster.owner.uid, cluster.owner.gid)
    words = ["-D", str(partial), "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C", WAL_PIECES]
    done = subprocess.run(
        [cluster.binaries.folder / "initdb", *words],
        capture_output=True,
        text=True,
        check=False,
        env=plain_environment(),
        cwd="/",
        user=cluster.owner.uid if os.getuid() == 0 else None,
        group=cluster.owner.gid if os.getuid() == 0 else None,
        extra_groups=[] if os.getuid() == 0 else None,
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise Refused(f"Postgres could not make its folder {cluster.folder}: {last}")
    partial.rename(cluster.folder)


def plain_environment() -> dict[str, str]:
    """What Postgres needs to see of the user's surroundings: nothing that could change its ways."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
