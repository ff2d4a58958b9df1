"""What must be there before the clock starts, each step in a child of its own with a progress line."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from shared import leash
from shared.failures import Refused

FRAMES: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


@dataclass(frozen=True)
class Step:
    """A command to run, and what it makes."""

    makes: str
    words: tuple[str, ...]


def own(makes: str, *verb: str) -> Step:
    """One of our own verbs as a step."""
    return Step(makes, (sys.executable, "-m", "tapeline", *verb))


STEPS: Final = (
    own("database tables", "db", "upgrade"),
    own("compiled kernels", "warm"),
    own("synthetic history", "ingest", "history"),
    own("starter model", "train", "--starter"),
    own("run", "open-run"),
)


def prepare(steps: Sequence[Step], env: Mapping[str, str], logs: Path, console: Console) -> None:
    """Runs every step in order; the first that fails ends the start."""
    log = logs / "prepare.log"
    log.unlink(missing_ok=True)
    for number, step in enumerate(steps, 1):
        took_s = _run(f"[{number}/{len(steps)}] {step.makes}", step, env, log, console)
        console.print(Text.assemble(("✓ ", "green"), step.makes, (f"  {took_s:.1f} s", "dim")))


def _run(title: str, step: Step, env: Mapping[str, str], log: Path, console: Console) -> float:
    started = time.monotonic()
    with log.open("ab") as output:
        child = leash.start(leash.Errand(step.words, env, output=output))
    try:
        with Live(console=console, auto_refresh=False, transient=True) as live:
            while child.poll() is None:
                elapsed_s = time.monotonic() - started
                if console.is_terminal:
                    frame = FRAMES[int(elapsed_s * 10) % len(FRAMES)]
                    live.update(Text(f"{frame} {title}  {elapsed_s:.0f} s", style="cyan"), refresh=True)
                time.sleep(0.05)
    finally:
        leash.stop(child, signal.SIGTERM, patience_s=5.0)
    if child.returncode != 0:
        raise Refused(f"{step.makes} could not be made: {_last_words(log)} (all of it is in {log})")
    return time.monotonic() - started


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1].removeprefix("tapeline: ") if lines else "the step said nothing"
