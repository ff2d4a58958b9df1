"""Results that outlive their process: a campaign that was stopped goes on where it stood."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from tests.fixtures.house import ROOT

FOLDER = ROOT / "build" / "chaos"
"""Where `make chaos` keeps them; without this folder it begins from the beginning."""


class Outcome(msgspec.Struct, frozen=True):
    """How one history ended, what struck it, and which code it was."""

    kind: str
    seed: int
    failure: str
    struck: dict[str, int]
    seconds: float = 0.0
    code: str = ""
    size: dict[str, int] = {}
    """How many orders and fills it came to."""


class Played(NamedTuple):
    """A history that has just ended."""

    failure: str
    struck: dict[str, int]
    size: dict[str, int]


def kept(folder: Path, kind: str, seed: int, play: Callable[[], Played]) -> Outcome:
    """The outcome in the folder, else that of playing it now."""
    file = folder / f"{kind}-{seed}.json".replace(" ", "-")
    if not file.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        failure, struck, size = play()
        seconds = round(time.monotonic() - started, 1)
        made = Outcome(kind, seed, failure, struck, seconds, code_version(), size)
        file.write_bytes(msgspec.json.encode(made))
    return msgspec.json.decode(file.read_bytes(), type=Outcome)


@cache
def code_version() -> str:
    """The commit that is played, with a plus if the tree differs from it; nothing outside a clone."""
    try:
        head, changed = (
            subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout
            for words in (("rev-parse", "--short", "HEAD"), ("status", "--porcelain", "--untracked-files=no"))
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return head.strip() + ("+" if changed.strip() else "")
