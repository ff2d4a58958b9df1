"""Servers for as long as a command takes: those we were given, else private ones that go with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from shared.failures import Refused
from tapeline.servers.cluster import prepared
from tapeline.servers.postgres import Postgres
from tapeline.servers.redis import MEND, Redis, find_redis
from tapeline.servers.sockets import make_socket_folder, remove_socket_folder, socket_folder


class Addresses(NamedTuple):
    """Where the bus and the record are."""

    bus: str
    db: str


@contextmanager
def lent(bus: str, db: str, data: Path) -> Iterator[Addresses]:
    """Addresses that answer, the record with its tables; what was started here is stopped here."""
    from shared.store.upgrade import upgrade

    logs = data / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    with ExitStack() as undo:
        sockets = socket_folder(data / str(os.getpid()), os.environ)
        make_socket_folder(sockets)
        undo.callback(remove_socket_folder, sockets)
        addresses = Addresses(bus or _redis(sockets, logs, undo), db or _postgres(data, sockets, logs, undo))
        upgrade(addresses.db)
        yield addresses


def _redis(sockets: Path, logs: Path, undo: ExitStack) -> str:
    program = find_redis(os.environ)
    if program is None:
        raise Refused(f"no Redis was found; {MEND}")
    server = Redis(program, sockets, logs)
    undo.callback(server.stop)
    server.start(os.environ)
    return server.url


def _postgres(data: Path, sockets: Path, logs: Path, undo: ExitStack) -> str:
    server = Postgres(prepared(data, os.environ), sockets, logs)
    undo.callback(server.stop)
    server.start()
    return server.url
