"""What a desk needs of this machine; each check says what was found and, if it is too little, the mend."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.settings import Settings
from tapeline.desk.services import port_is_free
from tapeline.servers import cluster, redis
from tapeline.servers.binaries import find_postgres

OLDEST_PYTHON: Final = (3, 11)
FREE_DISK_MB: Final = 1_000
FREE_MEMORY_MB: Final = 1_500
PACKAGES: Final = ("numba", "pyarrow", "lightgbm", "fastapi", "uvicorn", "psycopg", "redis")


@dataclass(frozen=True)
class Check:
    """One line of `tapeline doctor`."""

    name: str
    good: bool
    found: str
    mend: str = ""

    def refusal(self) -> str:
        """The same as one line of text."""
        return f"{self.name}: {self.found}; {self.mend}"


def checks(data: Path, settings: Settings, environ: Mapping[str, str], *, own_port: bool) -> Iterator[Check]:
    """Every check, in the order in which a newcomer would meet the trouble."""
    yield python_is_new_enough(sys.version_info[:3])
    yield packages_are_here()
    yield folder_is_ours(data)
    yield disk_has_room(data)
    yield memory_has_room()
    yield redis_is_here(settings.bus, environ)
    yield postgres_is_here(settings.db, environ)
    if not own_port:
        yield gateway_port_is_free(settings.api.host, settings.api.port)


def python_is_new_enough(found: tuple[int, ...]) -> Check:
    """Python 3.11 or newer."""
    version = ".".join(map(str, found))
    return Check("python", found >= OLDEST_PYTHON, version, "install Python 3.11 or newer")


def packages_are_here() -> Check:
    """Everything the desk imports."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    found = "all installed" if not missing else f"not installed: {', '.join(missing)}"
    return Check("packages", not missing, found, "pip install 'tapeline[desk]'")


def folder_is_ours(data: Path) -> Check:
    """A data folder that we may write to, or could make."""
    nearest = _existing(data)
    good = nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
    return Check(
        "data folder", good, str(data), f"make {nearest} writable, or choose another folder with --data"
    )


def disk_has_room(data: Path, wanted_mb: int = FREE_DISK_MB) -> Check:
    """Room for the database, the block log and the history."""
    free_mb = shutil.disk_usage(_existing(data)).free // 1_000_000
    mend = f"free {wanted_mb} MB at {data}, or choose another disk with --data"
    return Check("disk", free_mb >= wanted_mb, f"{free_mb:,} MB free", mend)


def memory_has_room(file: Path = Path("/proc/meminfo")) -> Check:
    """Room for every process of the desk."""
    if not file.exists():
        return Check("memory", True, "not known on this system")
    lines = dict(line.split(":", 1) for line in file.read_text(encoding="ascii").splitlines())
    free_mb = int(lines["MemAvailable"].split()[0]) // 1_000
    return Check("memory", free_mb >= FREE_MEMORY_MB, f"{free_mb:,} MB available", "close other programs")


def redis_is_here(bus: str, environ: Mapping[str, str]) -> Check:
    """An address, or a program to start."""
    if bus:
        return Check("redis", True, "somebody else's, by its address")
    program = redis.find_redis(environ)
    return Check("redis", program is not None, str(program) if program else "none found", redis.MEND)


def postgres_is_here(db: str, environ: Mapping[str, str]) -> Check:
    """An address, or programs to start."""
    if db:
        return Check("postgres", True, "somebody else's, by its address")
    binaries = find_postgres(environ)
    found = f"{binaries.folder} (version {binaries.major})" if binaries is not None else "none found"
    return Check("postgres", binaries is not None, found, cluster.MEND)


def gateway_port_is_free(host: str, port: int) -> Check:
    """A port for the gateway."""
    good = port == 0 or port_is_free(host, port)
    mend = "stop what uses it, or choose another with --port (0 picks a free one)"
    return Check("gateway", good, f"{host}:{port} is {'free' if good else 'taken'}", mend)


def _existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.exists())
