"""The loop of the watch: light itself, it starts a look when one is due and passes on what the look says."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from typing import IO, Final, NamedTuple

import msgspec

from research.watch.gauges import Gauges
from research.watch.told import read

LOOK: Final = (sys.executable, "-m", "research.watch.look")
WHY: Final = (sys.executable, "-m", "research.watch.why")
FIRST_S: Final = 60.0
"""A desk that has just begun has nothing to show yet, and wants its processors for itself."""
LIMIT_S: Final = 300.0
LAST_WORDS: Final = 500

Start = Callable[[Sequence[str], IO[bytes]], "subprocess.Popen[bytes]"]


class Errand(NamedTuple):
    """What a child is sent for, and what people call it."""

    words: tuple[str, ...] = LOOK
    name: str = "a look"


LOOKING: Final = Errand()


class Watch:
    """One child at a time, and the next one only after a pause; without a pause there is none."""

    def __init__(self, gauges: Gauges, every_s: float, start: Start, errand: Errand = LOOKING) -> None:
        self._gauges, self._every_s, self._start = gauges, every_s, start
        self._words, self._name = errand
        self._due_s: float | None = None
        self._began_s = 0.0
        self._child: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None

    def turn(self, now_s: float) -> None:
        """Starts a child, or hears what came of it; it never waits."""
        if not self._every_s:
            return
        if self._due_s is None:
            self._due_s = now_s + min(FIRST_S, self._every_s)
        if self._child is not None:
            self._attend(self._child, now_s)
        elif now_s >= self._due_s:
            self._said = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the child)
            self._child, self._began_s = self._start(self._words, self._said), now_s

    def stop(self) -> None:
        """Ends a look under way."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None

    def _attend(self, child: subprocess.Popen[bytes], now_s: float) -> None:
        code = child.poll()
        if code is None and now_s - self._began_s < LIMIT_S:
            return
        if code is None:
            self.stop()
        self._child, self._due_s = None, now_s + self._every_s
        self._hear(code)

    def _hear(self, code: int | None) -> None:
        words = self._words_of()
        if code is None:
            self._gauges.failed(f"{self._name} took longer than {LIMIT_S:g} s")
            return
        if code:
            self._gauges.failed(f"{self._name} ended with code {code}: {words.strip()[-LAST_WORDS:]}")
            return
        try:
            self._gauges.tell(read(words))
        except msgspec.MsgspecError as error:
            self._gauges.failed(f"{self._name} said what nobody understands: {error}")

    def _words_of(self) -> str:
        if self._said is None:
            return ""
        with self._said as said:
            said.seek(0)
            return said.read().decode(errors="replace")
