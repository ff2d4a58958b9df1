"""Which services a desk runs, and what each of them is told through its environment."""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from shared.config import PREFIX
from tapeline.desk.child import Plan

SERVICES: Final = ("ledger", "venue", "execution", "risk", "inference", "features", "api", "ingest", "watch")
"""In the order of their start: whoever listens comes before whoever speaks."""

RESEARCH: Final = frozenset({"watch"})
"""What stands beside the line and judges it: no service, and never waited for."""
LIBRARIES_WITH_THREADS: Final = ("OMP", "OPENBLAS", "MKL", "NUMBA")
ONE_THREAD: Final = {f"{library}_NUM_THREADS": "1" for library in LIBRARIES_WITH_THREADS}
SMALL: Final = {"MALLOC_ARENA_MAX": "2", "PYTHONUNBUFFERED": "1"}


def variable(dotted: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + dotted.replace(".", "__").upper()


def surroundings(environ: Mapping[str, str], settings: Mapping[str, object]) -> dict[str, str]:
    """The user's environment, our own code on the path, and these settings on top."""
    root = str(Path(__file__).parents[2])
    path = ":".join(part for part in (root, environ.get("PYTHONPATH", "")) if part)
    told = {variable(dotted): str(value) for dotted, value in settings.items()}
    return {**environ, **ONE_THREAD, **SMALL, "PYTHONPATH": path, **told}


def plans(environ: Mapping[str, str], settings: Mapping[str, object]) -> tuple[Plan, ...]:
    """One child a service, each with a health port of its own; the gateway's is its front door."""
    ports = free_ports(len(SERVICES))
    if settings.get("api.port"):
        ports[SERVICES.index("api")] = int(str(settings["api.port"]))
    return tuple(
        Plan(
            name,
            (sys.executable, "-m", f"{'research' if name in RESEARCH else 'services'}.{name}"),
            surroundings(environ, {**settings, "health_port": port}),
            port,
        )
        for name, port in zip(SERVICES, ports, strict=True)
    )


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody uses now."""
    lines = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(count)]
    try:
        for line in lines:
            line.bind(("127.0.0.1", 0))
        return [int(line.getsockname()[1]) for line in lines]
    finally:
        for line in lines:
            line.close()


def port_is_free(host: str, port: int) -> bool:
    """Whether a server could listen there."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            line.bind((host, port))
        except OSError:
            return False
    return True
