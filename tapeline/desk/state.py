"""What a running desk leaves in its data folder: a lock that dies with it, and how to reach it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

import msgspec

from shared.failures import Refused

LOCK_FILE: Final = "desk.lock"
STATE_FILE: Final = "desk.json"


class ServiceState(msgspec.Struct, frozen=True, kw_only=True):
    """One child as the supervisor last saw it."""

    name: str
    pid: int
    port: int
    state: str
    restarts: int


class DeskState(msgspec.Struct, frozen=True, kw_only=True):
    """A running desk: who runs it, where its servers are, and its services."""

    pid: int
    started_s: float
    run: str
    bus: str
    db: str
    gateway: str
    services: tuple[ServiceState, ...] = ()


class DeskLock:
    """Only one desk at a time works on a data folder; the kernel lets go when the desk dies."""

    def __init__(self, data: Path) -> None:
        self._file = data / LOCK_FILE
        self._handle = -1

    def take(self) -> None:
        """Takes the lock, or says who has it."""
        self._handle = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(self._handle, 20).decode() or "unknown"
            os.close(self._handle)
            self._handle = -1
            raise Refused(
                f"a desk already runs on {self._file.parent} (process {owner}); "
                "stop it with `tapeline down`, or choose another folder with --data"
            ) from None
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, str(os.getpid()).encode(), 0)

    def give_back(self) -> None:
        """Lets the next desk in."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def running(data: Path) -> bool:
    """Whether a desk holds the lock of this data folder now."""
    try:
        handle = os.open(data / LOCK_FILE, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def write_state(data: Path, state: DeskState) -> None:
    """Replaces the state file in one step; it names addresses, so only we may read it."""
    partial = data / f"{STATE_FILE}.partial"
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(state)))
    partial.replace(data / STATE_FILE)


def read_state(data: Path) -> DeskState | None:
    """The desk that runs on this folder, if one does."""
    if not running(data):
        return None
    try:
        return msgspec.json.decode((data / STATE_FILE).read_bytes(), type=DeskState)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def forget_state(data: Path) -> None:
    """Removes the state file at the end."""
    (data / STATE_FILE).unlink(missing_ok=True)
