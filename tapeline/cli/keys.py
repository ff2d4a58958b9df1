"""Keys that steer a replay: space stops and goes on, n lets one block through, + and - change the speed."""

from __future__ import annotations

import select
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LOOK_EVERY_S = 0.1
HELP = "space: pause and go on · n: one block · + and -: faster and slower"


class Keyboard:
    """Turns keys into the commands of a control file."""

    def __init__(self, send: Callable[[str], None], speed: float) -> None:
        self._send, self._speed = send, speed
        self._paused = False

    def press(self, key: str) -> None:
        """What one key means; a key without a meaning does nothing."""
        if key == " ":
            self._paused = not self._paused
            self._send("pause" if self._paused else "run")
        elif key == "n":
            self._paused = True
            self._send("step 1")
        elif key in ("+", "-"):
            self._speed *= 2.0 if key == "+" else 0.5
            self._send(f"speed {self._speed:g}")


@contextmanager
def keys(send: Callable[[str], None], speed: float) -> Iterator[bool]:
    """Listens while the body runs, if there is a keyboard; leaves the terminal as it was."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        yield False
        return
    handle = sys.stdin.fileno()
    before = termios.tcgetattr(handle)
    ended = threading.Event()
    listener = threading.Thread(target=_listen, args=(Keyboard(send, speed), ended), daemon=True)
    tty.setcbreak(handle)
    try:
        listener.start()
        yield True
    finally:
        ended.set()
        listener.join(1.0)
        termios.tcsetattr(handle, termios.TCSADRAIN, before)


def _listen(keyboard: Keyboard, ended: threading.Event) -> None:
    while not ended.is_set():
        if select.select([sys.stdin], [], [], LOOK_EVERY_S)[0]:
            keyboard.press(sys.stdin.read(1))
