"""The file by which a replay is steered: `pause`, `run`, `step 5`, `speed 50`, each written over the last."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from services.ingest.pacing import Pace
from shared.block import Block

LOOK_EVERY_NS: Final = 50_000_000
LONGEST_WAIT_S: Final = 0.05


class Steering:
    """Looks at the file now and then, and does what it says once for every time that it was written."""

    def __init__(self, pace: Pace, path: Path | None) -> None:
        self._pace, self._path = pace, path
        self._seen = _written(path) if path else 0
        self._next_ns = 0

    def look(self, wall_ns: int) -> None:
        """Obeys a command that is new."""
        if self._path is None or wall_ns < self._next_ns:
            return
        self._next_ns = wall_ns + LOOK_EVERY_NS
        written = _written(self._path)
        if written == self._seen:
            return
        self._seen = written
        try:
            words = self._path.read_text(encoding="utf-8").split()
        except (OSError, UnicodeDecodeError):
            return
        if words:
            obey(self._pace, words, wall_ns)


def obey(pace: Pace, words: Sequence[str], wall_ns: int) -> None:
    """Carries out one command; what is none changes nothing."""
    number = _number(words[1]) if len(words) > 1 else 1.0
    if words[0] == "pause":
        pace.pause(wall_ns)
    elif words[0] == "run":
        pace.resume(wall_ns)
    elif words[0] == "step":
        pace.step(wall_ns, int(number))
    elif words[0] == "speed":
        pace.change(number, wall_ns)


def command(path: Path, words: str) -> None:
    """Writes a command so that a reader sees all of it or nothing."""
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.write_text(words + "\n", encoding="utf-8")
    unfinished.replace(path)


class Gate:
    """Lets a cut through when its last moment has come, or when a step was granted."""

    def __init__(self, speed: float, control: Path | None = None) -> None:
        self.pace = Pace(speed)
        self._steering = Steering(self.pace, control)

    def opens(self, tape_ns: int, wall_ns: int) -> bool:
        """Whether the cut that ends at this moment of the tape may go now."""
        self._steering.look(wall_ns)
        return self.pace.may_pass(tape_ns, wall_ns)

    def wait_s(self, tape_ns: int, wall_ns: int) -> float:
        """How long to wait before asking again."""
        if self.pace.is_paused:
            return LONGEST_WAIT_S
        return min(LONGEST_WAIT_S, max(0.0, (self.pace.due_ns(tape_ns) - wall_ns) / 1e9))


def paced(
    cuts: Iterable[Sequence[Block]],
    gate: Gate,
    told: Callable[[int], None] = lambda _: None,
    clock: Callable[[], int] = time.monotonic_ns,
    wait: Callable[[float], None] = time.sleep,
) -> Iterator[Sequence[Block]]:
    """Each cut when its time has come; `told` hears of the tape's time as it passes."""
    for cut in cuts:
        tape_ns = cut[0].watermark_ns
        while not gate.opens(tape_ns, now := clock()):
            wait(gate.wait_s(tape_ns, now))
        told(tape_ns)
        yield cut


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _number(word: str) -> float:
    try:
        return max(float(word), 0.0)
    except ValueError:
        return 1.0
